// What our folium pages share: the map, layers with tooltips and labels, and legends that follow the layers.
// Plain script, inlined into every map page. Texts of the data only ever become text nodes, never markup.

/**
 * @typedef {{s: number, h?: string, n?: string, v?: string[], l?: string, p?: [number, number]}} Properties
 *   style, heading, note, values, label, place of the label (lon, lat)
 * @typedef {{styles: object[], pane: string, rows: string[], labelClass: string, features: object[]}} LayerSpec
 * @typedef {{title: string, note: string, items: {label: string, style: object, shape: string}[]}} LegendSpec
 */

const spatialgov = (() => {
  const PANES = { areas: 400, lines: 420, points: 440, labels: 630 };
  const narrow = () => window.innerWidth < 700;

  /** @param {string} tag @param {string} name @param {string} text @param {Node[]} children */
  function element(tag, name = "", text = "", children = []) {
    const made = document.createElement(tag);
    if (name) made.className = name;
    if (text) made.textContent = text;
    made.append(...children);
    return made;
  }

  // On a phone the list of layers would cover the map: it opens at a touch, like the legend.
  L.Control.Layers.addInitHook(function collapse() {
    if (narrow()) this.options.collapsed = true;
  });

  /** The map itself, fitted to its bounds, with scale and zoom buttons. */
  function map(id, settings) {
    const made = L.map(id, { zoomControl: false, zoomSnap: 0.25, zoomDelta: 0.5, minZoom: 2, maxZoom: 21 });
    for (const [name, height] of Object.entries(PANES)) made.createPane(name).style.zIndex = String(height);
    made.getPane("labels").style.pointerEvents = "none";
    made.attributionControl.setPrefix("spatialgov");
    if (settings.source) made.attributionControl.addAttribution(element("span", "", settings.source).innerHTML);
    L.control.scale({ imperial: false, maxWidth: 140 }).addTo(made);
    L.control.zoom({ position: "topleft", zoomInTitle: settings.zoomIn, zoomOutTitle: settings.zoomOut }).addTo(made);
    // The legend stands on the right, a panel on the left: the bounds go between them where there is room.
    made.spatialgov = { ...settings, left: 16, fit };
    fit();
    tellByKeyboard(made, settings.keys);
    function fit() {
      const [topLeft, bottomRight] = [[made.spatialgov.left, 16], [narrow() ? 16 : settings.right, 16]];
      made.fitBounds(settings.bounds, { paddingTopLeft: topLeft, paddingBottomRight: bottomRight, animate: false });
    }
    return made;
  }

  /**
   * Tell by keyboard what a pointer is told: the arrow keys move the map, and what lies under the cross in its middle
   * is treated as if the pointer stood there.
   */
  function tellByKeyboard(on, hint) {
    const box = on.getContainer();
    const said = element("div", "told");
    said.setAttribute("role", "status");
    box.append(said);
    box.dataset.keys = hint;
    let under = null;
    const middle = () => {
      const { left, top, width, height } = box.getBoundingClientRect();
      return { clientX: left + width / 2, clientY: top + height / 2 };
    };
    const point = (type) => under?.dispatchEvent(new MouseEvent(type, { bubbles: true, view: window, ...middle() }));
    function tell() {
      if (!box.classList.contains("by-keyboard")) return;
      const { clientX, clientY } = middle();
      const here = document.elementFromPoint(clientX, clientY);
      if (here !== under) {
        point("mouseout");
        under = here;
        point("mouseover");
      }
      point("mousemove");
      const rows = [...box.querySelectorAll(".leaflet-tooltip :is(strong, p, tr)")];
      said.textContent = rows.map((row) => [...row.childNodes].map((part) => part.textContent).join(" ")).join("; ");
    }
    function leave() {
      point("mouseout");
      under = null;
      box.classList.remove("by-keyboard");
    }
    box.addEventListener("keydown", (event) => {
      if (event.target === box && /^(Arrow|[-+=]$)/.test(event.key)) box.classList.add("by-keyboard");
    });
    box.addEventListener("blur", leave);
    box.addEventListener("pointermove", leave);
    on.on("moveend", tell);
    // Leaflet makes a stop of the Tab key of each shape that has a tooltip: hundreds before the next control
    on.on("layeradd", ({ layer }) => layer instanceof L.Path && layer.getElement()?.setAttribute("tabindex", "-1"));
  }

  /** @param {LayerSpec} spec @param {Properties} item */
  function tooltip(spec, item) {
    const rows = spec.rows
      .map((name, i) => [name, item.v[i]])
      .filter(([, value]) => value !== "")
      .map(([name, value]) => element("tr", "", "", [element("th", "", name), element("td", "", value)]));
    const note = item.n ? [element("p", "", item.n)] : [];
    return element("div", "", "", [element("strong", "", item.h), ...note, element("table", "", "", rows)]);
  }

  /** Give a feature its tooltip and make it stand out under the pointer. */
  function explain(spec, feature, path) {
    path.bindTooltip(() => tooltip(spec, feature.properties), { sticky: true, className: "card", opacity: 1 });
    const style = spec.styles[feature.properties.s];
    path.on("mouseover", () => {
      path.setStyle({ weight: (style.weight ?? 1) + 1.5, color: "#111827", opacity: 1 });
      path.bringToFront();
    });
    path.on("mouseout", () => path.setStyle({ weight: style.weight ?? 1, color: style.color, opacity: style.opacity ?? 1 }));
  }

  /** Undo the packing of coordinates: flat lists of differences in millionths of a degree become places. */
  function unpack(packed) {
    if (Array.isArray(packed[0])) return packed.map(unpack);
    const places = [];
    let [x, y] = [0, 0];
    for (let i = 0; i < packed.length; i += 2) {
      x += packed[i];
      y += packed[i + 1];
      places.push([x / 1e6, y / 1e6]);
    }
    return places;
  }

  /** @param {LayerSpec} spec */
  function layer(spec) {
    const styleOf = (feature) => spec.styles[feature.properties.s];
    const options = { pane: spec.pane, smoothFactor: 0, interactive: spec.rows.length > 0 };
    for (const { geometry } of spec.features) {
      if (geometry.type !== "Point") geometry.coordinates = unpack(geometry.coordinates);
    }
    const made = L.geoJSON(spec.features, {
      ...options,
      style: styleOf,
      pointToLayer: (feature, place) => L.circleMarker(place, { ...options, ...styleOf(feature) }),
      onEachFeature: (feature, path) => feature.properties.h === undefined || explain(spec, feature, path),
    });
    if (spec.features.some((feature) => feature.properties.l)) {
      made.on("add", () => writeLabels(made._map, [...labelled(made._map), [made, spec.labelClass]]));
      made.on("remove", () => writeLabels(made._map, labelled(made._map).filter(([other]) => other !== made)));
    }
    return made;
  }

  /** The layers with labels that are on a map now. @returns {[object, string][]} */
  const labelled = (on) => on.spatialgov.labelled ?? [];

  /** Write the labels of these layers wherever there is room: areas first, each inside its shape, none over another. */
  function writeLabels(on, layers) {
    const { labels = L.layerGroup().addTo(on) } = on.spatialgov;
    if (!on.spatialgov.labels) on.on("zoomend", () => writeLabels(on, labelled(on)));
    Object.assign(on.spatialgov, { labels, labelled: layers });
    labels.clearLayers();
    const taken = [];
    for (const [layer, kind] of [...layers].sort(([, one], [, other]) => one.localeCompare(other))) {
      layer.eachLayer((path) => {
        const { l: text, p: place } = path.feature.properties;
        if (!text) return;
        const box = labelBox(on, text, place);
        const room = kind === "area" || !path.getBounds || contains(pixels(on, path.getBounds()), box); // a point has none
        if (!room || taken.some((other) => other.intersects(box))) return;
        taken.push(box);
        labels.addLayer(label(kind, text, place));
      });
    }
  }

  const pixels = (on, bounds) => L.bounds(on.project(bounds.getNorthWest()), on.project(bounds.getSouthEast()));
  const contains = (outer, inner) => outer.getSize().x > inner.getSize().x && outer.getSize().y > inner.getSize().y;

  /** About the ground that a label takes: Chinese letters are square, others narrow. */
  function labelBox(on, text, [lon, lat]) {
    const half = L.point(4 + [...text].reduce((sum, letter) => sum + (letter > "\u2e80" ? 13 : 7.5), 0) / 2, 9);
    const middle = on.project([lat, lon]);
    return L.bounds(middle.subtract(half), middle.add(half));
  }

  function label(kind, text, [lon, lat]) {
    const icon = L.divIcon({ className: `label label-${kind}`, html: element("span", "", text), iconSize: [0, 0] });
    return L.marker([lat, lon], { icon, pane: "labels", interactive: false, keyboard: false });
  }

  /** A small drawing of how a thing looks on the map. */
  function swatch({ style, shape }) {
    const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
    svg.setAttribute("viewBox", "0 0 22 14");
    svg.setAttribute("aria-hidden", "true");
    const forms = {
      area: ["rect", { x: 1, y: 1, width: 20, height: 12 }],
      line: ["path", { d: "M0 7H22" }],
      point: ["circle", { cx: 11, cy: 7, r: Math.min(style.radius ?? 4, 6) }],
    };
    const [tag, place] = forms[shape];
    const form = document.createElementNS("http://www.w3.org/2000/svg", tag);
    const paint = {
      ...place,
      stroke: style.stroke === false ? "none" : style.color,
      "stroke-width": Math.min(style.weight ?? 1, 4),
      "stroke-opacity": style.opacity ?? 1,
      "stroke-dasharray": style.dashArray ?? "none",
      fill: shape === "line" || style.fill === false ? "none" : style.fillColor ?? style.color,
      "fill-opacity": style.fillOpacity ?? 0.2,
    };
    for (const [name, value] of Object.entries(paint)) form.setAttribute(name, String(value));
    svg.append(form);
    return svg;
  }

  /** @param {LegendSpec} spec */
  function legend(spec) {
    const items = spec.items.map((item) => element("li", "", "", [swatch(item), element("span", "", item.label)]));
    const heading = spec.title ? [element("h2", "", spec.title)] : [];
    const made = element("section", spec.title ? "" : "plain", "", [...heading, element("ul", "", "", items)]);
    if (spec.note) made.append(element("p", "note", spec.note));
    return made;
  }

  /** @param {[object, LegendSpec][]} pairs layer and legend */
  function legends(on, pairs) {
    const control = L.control({ position: "bottomright" });
    control.onAdd = () => {
      const box = element("details", "legend card", "", [element("summary", "", on.spatialgov.legend)]);
      box.open = !narrow();
      const parts = pairs.map(([layer, spec]) => [layer, legend(spec)]);
      box.append(...parts.map(([, part]) => part));
      const refresh = () => parts.forEach(([layer, part]) => (part.hidden = !on.hasLayer(layer)));
      on.on("layeradd layerremove", refresh);
      refresh();
      // it stands under the list of layers, and must not cover it
      const room = () => (box.style.maxHeight = narrow() ? "" : `${Math.max(on.getSize().y - above() - 60, 140)}px`);
      const above = () => on.getContainer().querySelector(".leaflet-top.leaflet-right").offsetHeight;
      on.on("resize", room);
      on.whenReady(() => requestAnimationFrame(room));
      L.DomEvent.disableClickPropagation(box).disableScrollPropagation(box);
      return box;
    };
    control.addTo(on);
    const toggle = on.getContainer().querySelector(".leaflet-control-layers-toggle");
    if (toggle) toggle.title = on.spatialgov.layers; // Leaflet names it in English
  }

  return { map, layer, legends, element, narrow, unpack };
})();
