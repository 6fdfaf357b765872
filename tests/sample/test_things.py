"""What stands on the ground: buildings, places, addresses, zones, cameras."""

from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from spatialgov.coverage.cameras.gb28181 import parse_device_code


def test_buildings_stand_inside_one_unit_and_apart(units: gpd.GeoDataFrame, buildings: gpd.GeoDataFrame) -> None:
    assert 10_000 <= len(buildings) <= 14_000
    shapes = buildings.geometry.to_numpy()
    assert shapely.is_valid(shapes).all()
    held = shapely.STRtree(units.geometry.to_numpy()).query(shapes, predicate="within")[0]
    assert len(np.unique(held)) == len(buildings)
    left, right = shapely.STRtree(shapes).query(shapes, predicate="intersects")
    assert (left == right).all()


def test_buildings_look_like_what_they_are(units: gpd.GeoDataFrame, buildings: gpd.GeoDataFrame) -> None:
    storeys = buildings.groupby("kind")["storeys"]
    assert (storeys.min()["residential"], storeys.max()["residential"]) == (6, 33)
    assert storeys.max()["house"] <= 3
    assert (buildings["height_m"] / buildings["storeys"]).between(2.8, 9.8).all()
    middles = shapely.centroid(buildings.geometry.to_numpy())
    position = shapely.STRtree(units.geometry.to_numpy()).query(middles, predicate="within")
    kind = units["kind"].to_numpy()[position[1]]
    assert set(buildings["kind"].to_numpy()[position[0]][kind == "old_town"]) == {"house"}
    assert (buildings["kind"] == "residential").sum() > 1_200


def test_homes_face_south(buildings: gpd.GeoDataFrame) -> None:
    homes = buildings[buildings["kind"] == "residential"].geometry.to_numpy()
    corners = np.array([ring.coords[:2] for ring in shapely.get_exterior_ring(homes)])
    east, north = (corners[:, 1] - corners[:, 0]).T
    turn_deg = np.degrees(np.arctan2(north, east * np.cos(np.radians(33.9))))
    assert (np.abs(turn_deg) < 46).all()
    assert np.mean(np.abs(turn_deg) < 20) > 0.9


def test_key_places_lie_in_the_district(committed: Path, jurisdictions: gpd.GeoDataFrame) -> None:
    places = gpd.read_file(committed / "places.geojson")
    counts = places["kind"].value_counts()
    at_least = {"school": 12, "kindergarten": 20, "market": 7, "hospital": 3, "station": 2, "community_centre": 12,
                "police_station": 3, "service_centre": 3, "fire_station": 3, "university": 1, "park": 5}  # fmt: skip
    assert {kind: counts.get(kind, 0) >= least for kind, least in at_least.items()} == dict.fromkeys(at_least, True)
    assert places.within(jurisdictions.geometry.iloc[0]).all()
    assert places["name"].is_unique
    communities = jurisdictions[jurisdictions["level"] == "community"]
    centres = places[places["kind"] == "community_centre"].sjoin(communities, predicate="within")
    assert (centres.apply(lambda row: row["name_left"].startswith(row["name_right"]), axis=1)).all()


def test_addresses_are_unique_and_number_along_their_street(committed: Path, buildings: gpd.GeoDataFrame) -> None:
    addresses = pd.read_csv(committed / "addresses.csv", dtype={"number": str, "building": str}, keep_default_na=False)
    assert 8_000 <= len(addresses) <= 12_500
    assert not addresses.duplicated(["street", "number", "building"]).any()
    assert addresses["number"].str.fullmatch(r"[1-9]\d*号").all()
    assert addresses["building"].str.fullmatch(r"(\d+(幢|号楼))?").all()
    points = shapely.points(addresses["lon"], addresses["lat"])
    near = shapely.STRtree(buildings.geometry.to_numpy()).query(points, predicate="intersects")[0]
    assert len(np.unique(near)) / len(addresses) > 0.95
    assert addresses["street"].str.endswith(("路", "街", "巷", "大道")).mean() > 0.5


def test_house_numbers_stand_odd_on_one_side_and_even_on_the_other(committed: Path) -> None:
    addresses = pd.read_csv(committed / "addresses.csv", keep_default_na=False)
    roads = gpd.read_file(committed / "roads.geojson")
    # A street that runs level enough for "north of it" to mean one side.
    for name in ("青岚大道", "人民路"):
        line = roads.loc[roads["name"] == name].geometry.iloc[0]
        own = addresses[addresses["street"] == name]
        odd = own["number"].str[:-1].astype(int) % 2 == 1
        level = np.interp(own["lon"], *np.array(line.coords)[np.argsort(np.array(line.coords)[:, 0])].T)
        assert len(own) > 10
        assert ((own["lat"] > level) == odd).mean() > 0.97


def test_zones_of_each_kind(committed: Path, units: gpd.GeoDataFrame) -> None:
    zones = gpd.read_file(committed / "exclusion_zones.geojson")
    assert set(zones["kind"]) == {"no_install", "no_view", "consent"}
    assert zones.is_valid.all()
    assert zones.geometry.union_all().within(units.geometry.union_all().buffer(1e-9))


def test_cameras_are_as_mixed_as_in_life(
    committed: Path, buildings: gpd.GeoDataFrame, jurisdictions: gpd.GeoDataFrame
) -> None:
    cameras = pd.read_csv(committed / "cameras.csv", dtype={"gb_code": str})
    assert len(cameras) == 800
    assert set(cameras["kind"]) == {"fixed", "dome", "ptz", "panoramic"}
    fixed = cameras[cameras["kind"] == "fixed"]
    assert len(fixed) > 480
    assert fixed["fov_deg"].dropna().between(60, 110).all()
    assert fixed["range_m"].dropna().between(30, 120).all()
    assert cameras["tilt_deg"].dropna().between(5, 25).all()
    for column, least, most in (("fov_deg", 0.01, 0.1), ("range_m", 0.05, 0.2), ("tilt_deg", 0.3, 0.7),
                                ("width_px", 0.1, 0.2)):  # fmt: skip
        assert least < fixed[column].isna().mean() < most
    assert cameras["height_m"].between(2.5, 9).all()
    assert 0.01 < (cameras["status"] == "broken").mean() < 0.06
    assert 0.02 < fixed["azimuth_deg"].isna().mean() < 0.10
    assert cameras.loc[cameras["fov_deg"] == 360, "azimuth_deg"].isna().all()
    assert cameras["azimuth_deg"].dropna().between(0, 360, inclusive="left").all()
    vague = cameras[cameras["azimuth_error_deg"].notna()]
    assert 0.02 < len(vague) / len(cameras) < 0.1
    assert (vague["azimuth_deg"] % 45 == 0).all()
    codes = [parse_device_code(text) for text in cameras["gb_code"].dropna()]
    assert all(code is not None and code.is_camera for code in codes)
    assert cameras["gb_code"].notna().mean() > 0.2
    posts = cameras.dropna(subset="post_id").groupby("post_id")
    assert posts.ngroups >= 50
    assert (posts.size() == 2).all()
    assert (posts[["lon", "lat"]].nunique() == 1).all(axis=None)
    points = shapely.points(cameras["lon"], cameras["lat"])
    assert shapely.contains(jurisdictions.geometry.iloc[0], points).all()
    inside = shapely.STRtree(buildings.geometry.to_numpy()).query(points, predicate="within")[0]
    assert 5 <= len(np.unique(inside)) <= 40
