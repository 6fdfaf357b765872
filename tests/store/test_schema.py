"""The tables: what they hold, that migrations make them, and that no column holds a person."""

import sqlalchemy as sa

from spatialgov.store import Store
from spatialgov.store.models import Base
from spatialgov.store.schema import VERSION_TABLE, differences

# Places and counts only. Whoever adds a column adds it here, and asks whether it could hold a person.
WHITELIST = {
    "account": "id name role password_hash token_version created_at disabled_at",
    "account_jurisdiction": "id account_id code",
    "address": "id address_id street number building geometry",
    "api_key": "id account_id label prefix secret_hash created_at revoked_at",
    "audit_entry": "id at who action kind outcome address details",
    "barrier": "id barrier_id kind name name_en effect geometry",
    "building": "id building_id kind height_m storeys geometry",
    "camera": "id camera_id post_id gb_code kind height_m azimuth_deg azimuth_error_deg fov_deg tilt_deg range_m "
    "width_px status owner geometry",
    "edition": "id plan_id valid_from valid_to locator_file",
    "edition_grid": "id edition_id code name kind parent_code households population area_m2 n_units geometry",
    "edition_lineage": "id edition_id code from_code relation",
    "exclusion_zone": "id zone_id kind name name_en geometry",
    "incident": (
        "id source_id category occurred_at occurred_until time_precision reported_at status closed_at closed_level "
        "channel accuracy_m location_source grid_code geometry"
    ),
    "incident_category": "id version valid_from code name name_en",
    "job": (
        "id kind options who language state created_at started_at ended_at starts runner beaten_at cancel_asked step "
        "result error"
    ),
    "jurisdiction": "id code level name name_en parent_code geometry",
    "note": "key value",
    "place": "id place_id kind name name_en geometry",
    "plan": "id name state created_at parent_id unit_set_id settings metrics",
    "plan_entry": "id plan_id number kind of_number who made_at why kinds",
    "plan_grid": "id plan_id code name kind parent_code made_by",
    "plan_move": "id entry_id unit_row from_code to_code",
    "plan_unit": "id plan_id unit_row grid_code base_code",
    "responsible_post": "id code post post_en duty duty_en",
    "road": "id road_id name name_en road_class geometry",
    "scenario": "id name created_at who base_id plan_id description outcome basis",
    "unit": "id unit_set_id unit_id kind households population area_m2 parents geometry",
    "unit_set": "id name datum source imported_at",
}


def test_every_column_is_on_the_list() -> None:
    columns = {table.name: " ".join(table.columns.keys()) for table in Base.metadata.sorted_tables}
    assert columns == WHITELIST


def test_migrations_make_what_the_models_say(empty_url: str) -> None:
    Store.open(empty_url).close()
    engine = sa.create_engine(empty_url)
    try:
        with engine.connect() as connection:
            assert differences(connection) == []
            tables = set(sa.inspect(connection).get_table_names()) - {"spatial_ref_sys"}
            assert tables == {*WHITELIST, VERSION_TABLE}
            connection.execute(sa.text("CREATE TABLE another (a INTEGER)"))
            connection.execute(sa.text("DROP TABLE address"))
            found = " ".join(differences(connection))
            assert "address" in found
            assert ("another" in found) == (connection.dialect.name == "sqlite"), "a server's database may be shared"
    finally:
        engine.dispose()


def test_postgis_has_spatial_indexes(postgis_url: str) -> None:
    engine = sa.create_engine(postgis_url)
    try:
        with engine.connect() as connection:
            query = "SELECT tablename FROM pg_indexes WHERE schemaname = 'public' AND indexdef LIKE '%USING gist%'"
            indexed = set(connection.scalars(sa.text(query)))
    finally:
        engine.dispose()
    assert indexed == {name for name, columns in WHITELIST.items() if columns.endswith("geometry")}
