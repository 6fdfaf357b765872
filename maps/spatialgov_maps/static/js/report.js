// What reports add to our pages: pictures on the map, cells that change with time, the time slider, panels of text
// with a curve, and the clock. Plain script, inlined after map.js. Texts of the data only ever become text nodes.

/**
 * @typedef {{pictures: string[], bounds: number[][], size: [number, number], opacity: number, pane: string, heading: string,
 *   classes: [number, number, number, string][]}} RasterSpec  colours and texts of the classes
 * @typedef {{styles: object[], rings: number[][], names: string[], areas: number[], weeks: number[], texts: string[],
 *   frames: [number[], number[], number[]][]}} CellFramesSpec  frames: cells, their counts and classes
 * @typedef {{name: string, play: string, pause: string, frames: [string, string, number][]}} SliderSpec
 *   label, note and height of the bar of each frame
 * @typedef {{name: string, across: string, points: [number, number, string][], xTicks: [number, string][],
 *   yTicks: [number, string][]}} CurveSpec  places in the unit square, from the lower left; their texts
 */

Object.assign(spatialgov, (() => {
  const { element, narrow, unpack } = spatialgov;
  const FRAME_MS = 900;

  const table = (rows) =>
    element("table", "", "", rows.map(([name, value]) =>
      element("tr", "", "", [element("th", "", name), element("td", "", value)])));

  /** A picture between two corners, drawn on a canvas, so that frames change at once and pixels can be asked. */
  const Picture = L.ImageOverlay.extend({
    _initImage() {
      const canvas = document.createElement("canvas");
      [canvas.width, canvas.height] = this.options.size;
      canvas.className = `leaflet-image-layer ${this._zoomAnimated ? "leaflet-zoom-animated" : ""} picture`;
      canvas.onselectstart = canvas.onmousemove = () => false;
      this._image = canvas;
    },
  });

  /** @param {RasterSpec} spec */
  function raster(spec) {
    const made = new Picture("", spec.bounds, { pane: spec.pane, size: spec.size, opacity: spec.opacity });
    const pictures = spec.pictures.map((url) => Object.assign(new Image(), { src: url }));
    const colours = new Map(spec.classes.map(([red, green, blue, text]) => [`${red},${green},${blue}`, text]));
    let shown = 0;
    made.showFrame = (frame) => {
      shown = frame;
      pictures[frame].decode().then(() => made._map && shown === frame && draw());
    };
    function draw() {
      const context = made._image.getContext("2d", { willReadFrequently: true });
      context.clearRect(0, 0, ...spec.size);
      context.drawImage(pictures[shown], 0, 0);
      made._image.dataset.frame = String(shown);
    }
    const card = L.tooltip({ sticky: true, className: "card", opacity: 1 });
    const classAt = (place) => {
      const box = made._image.getBoundingClientRect();
      const [x, y] = [(place.clientX - box.left) / box.width, (place.clientY - box.top) / box.height];
      if (!(x >= 0 && x < 1 && y >= 0 && y < 1)) return undefined;
      const pixel = [Math.floor(x * spec.size[0]), Math.floor(y * spec.size[1])];
      return colours.get([...made._image.getContext("2d").getImageData(...pixel, 1, 1).data.slice(0, 3)].join());
    };
    const explain = (event) => {
      const other = event.originalEvent.target.closest(".leaflet-interactive, .leaflet-control");
      const text = other ? undefined : classAt(event.originalEvent);
      if (text === undefined) return hide();
      card.setContent(element("div", "", "", [table([[spec.heading, text]])]));
      card.setLatLng(event.latlng).addTo(made._map);
    };
    const hide = () => void card.remove();
    made.on("add", () => {
      made.showFrame(shown);
      made._map.on("mousemove click", explain).on("mouseout", hide);
    });
    made.on("remove", () => {
      hide();
      made._map.off("mousemove click", explain).off("mouseout", hide);
    });
    return made;
  }

  /** @param {CellFramesSpec} spec */
  function cellFrames(spec) {
    const made = L.layerGroup();
    let [shown, counts] = [0, new Map()];
    const nothing = { stroke: false, fill: false };
    const cells = spec.rings.map((ring, i) => {
      const cell = L.polygon(unpack(ring).map(([lon, lat]) => [lat, lon]), { pane: "areas", smoothFactor: 0, ...nothing });
      cell.bindTooltip(() => explain(i), { sticky: true, className: "card", opacity: 1 });
      return made.addLayer(cell) && cell;
    });
    function explain(i) {
      const rate = counts.get(i) / spec.areas[i] / spec.weeks[shown];
      const texts = [counts.get(i).toLocaleString("en"), rate.toLocaleString("en", { maximumSignificantDigits: 3 }), spec.names[i]];
      return element("div", "", "", [table(spec.texts.map((name, k) => [name, texts[k]]))]);
    }
    made.showFrame = (frame) => {
      const [steps, held, classes] = spec.frames[frame];
      const before = counts;
      [shown, counts] = [frame, new Map()];
      let i = 0;
      steps.forEach((step, k) => {
        i += step;
        counts.set(i, held[k]);
        cells[i].setStyle({ stroke: true, fill: true, ...spec.styles[classes[k] - 1] });
      });
      for (const gone of before.keys()) {
        if (counts.has(gone)) continue;
        cells[gone].closeTooltip();
        cells[gone].setStyle(nothing);
      }
    };
    made.on("add", () => made.showFrame(shown));
    return made;
  }

  /** A bar under the map that moves a layer through time. @param {SliderSpec} spec */
  function slider(on, layer, spec) {
    const last = spec.frames.length - 1;
    const button = element("button", "play");
    const range = Object.assign(element("input"), { type: "range", min: "0", max: String(last), step: "1", value: "0" });
    const [label, about] = [element("strong"), element("span")];
    const said = element("output", "", "", [label, about]);
    const bars = element("div", "bars", "", spec.frames.map(([, , height]) => {
      const bar = element("i");
      bar.style.height = `${Math.max(height * 100, 2)}%`;
      return bar;
    }));
    let timer = 0;
    const turn = (playing) => {
      clearInterval(timer);
      timer = playing ? setInterval(() => show(Number(range.value) === last ? 0 : Number(range.value) + 1), FRAME_MS) : 0;
      button.setAttribute("aria-label", playing ? spec.pause : spec.play);
      button.title = playing ? spec.pause : spec.play;
      button.classList.toggle("on", playing);
      said.setAttribute("aria-live", playing ? "off" : "polite");
    };
    function show(frame) {
      const [name, note] = spec.frames[frame];
      range.value = String(frame);
      range.setAttribute("aria-valuetext", `${name}: ${note}`);
      [label.textContent, about.textContent] = [name, note];
      [...bars.children].forEach((bar, i) => bar.classList.toggle("now", i === frame));
      layer.showFrame(frame);
    }
    range.setAttribute("aria-label", spec.name);
    range.addEventListener("input", () => {
      turn(false);
      show(Number(range.value));
    });
    button.addEventListener("click", () => turn(timer === 0));
    bars.addEventListener("click", (event) => {
      const frame = [...bars.children].indexOf(event.target.closest("i"));
      if (frame < 0) return;
      turn(false);
      show(frame);
    });
    on.getContainer().after(element("footer", "time", "", [button, element("div", "track", "", [bars, range]), said]));
    on.invalidateSize({ pan: false });
    on.spatialgov.fit();
    turn(false);
    show(0);
  }

  function drawn(tag, attributes, text = "") {
    const made = document.createElementNS("http://www.w3.org/2000/svg", tag);
    for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, String(value));
    if (text) made.textContent = text;
    return made;
  }

  /** A line through points, with its axes; each point tells its numbers. @param {CurveSpec} spec */
  function curve(spec) {
    const [width, height, left, top] = [300, 118, 44, 8];
    const place = ([x, y]) => [left + x * (width - left - 12), top + (1 - y) * (height - 2 * top - 14)];
    const chart = drawn("svg", { viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": spec.name, class: "curve" });
    const floor = place([0, 0])[1];
    for (const [y, text] of spec.yTicks) {
      const [x0, level] = place([0, y]);
      chart.append(drawn("path", { d: `M${x0} ${level}H${width - 12}`, class: "rule" }));
      chart.append(drawn("text", { x: x0 - 5, y: level + 3.5, "text-anchor": "end" }, text));
    }
    for (const [x, text] of spec.xTicks) {
      chart.append(drawn("text", { x: place([x, 0])[0], y: floor + 13, "text-anchor": "middle" }, text));
    }
    chart.append(drawn("path", { d: `M${spec.points.map((point) => place(point).join(" ")).join("L")}`, class: "line" }));
    for (const point of spec.points) {
      const [cx, cy] = place(point);
      const dot = drawn("circle", { cx, cy, r: spec.points.length > 30 ? 2 : 3 });
      dot.append(drawn("title", {}, point[2]));
      chart.append(dot);
    }
    return element("figure", "", "", [element("figcaption", "", spec.name), chart, element("small", "", spec.across)]);
  }

  /** A card on the map: sentences, and optionally a table and a curve. */
  function panel(on, spec) {
    const control = L.control({ position: "bottomleft" });
    control.onAdd = () => {
      const box = element("details", "panel card", "", [element("summary", "", spec.title)]);
      box.open = !narrow();
      if (window.innerWidth >= 1180) on.spatialgov.left = 380;
      if (spec.rows.length) {
        const head = element("tr", "", "", spec.head.map((name) => Object.assign(element("th", "", name), { scope: "col" })));
        const rows = spec.rows.map((row) => element("tr", "", "", row.map((value, i) => element(i ? "td" : "th", "", value))));
        box.append(element("table", "", "", [element("thead", "", "", [head]), element("tbody", "", "", rows)]));
      }
      if (spec.curve) box.append(curve(spec.curve));
      box.append(...spec.paragraphs.map((text) => element("p", "", text)));
      L.DomEvent.disableClickPropagation(box).disableScrollPropagation(box);
      return box;
    };
    control.addTo(on);
    on.spatialgov.fit();
  }

  /** The numbers of the clock's hours beside the pointer, and for the arrow keys. */
  function clock(chart) {
    const cells = [...chart.querySelectorAll("[data-tip]")];
    const columns = Number(chart.dataset.columns);
    const card = document.querySelector(".clock-card") ?? element("div", "leaflet-tooltip card clock-card");
    card.hidden = true;
    document.body.append(card);
    const show = (cell) => {
      const [heading, ...rows] = JSON.parse(cell.dataset.tip);
      card.replaceChildren(element("strong", "", heading), table(rows));
      card.hidden = false;
      const [box, size] = [cell.getBoundingClientRect(), card.getBoundingClientRect()];
      const left = Math.min(Math.max(box.left + box.width / 2 - size.width / 2, 6), innerWidth - size.width - 6);
      const top = box.top - size.height - 8 < 0 ? box.bottom + 8 : box.top - size.height - 8;
      Object.assign(card.style, { left: `${left + scrollX}px`, top: `${top + scrollY}px` });
    };
    const focus = (cell) => {
      cells.forEach((other) => other.setAttribute("tabindex", other === cell ? "0" : "-1"));
      cell.focus();
    };
    cells.forEach((cell, i) => {
      cell.addEventListener("pointerenter", () => show(cell));
      cell.addEventListener("focus", () => show(cell));
      cell.addEventListener("blur", () => (card.hidden = true));
      cell.addEventListener("keydown", (event) => {
        const step = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: columns, ArrowUp: -columns }[event.key];
        if (event.key === "Escape") card.hidden = true;
        if (step === undefined) return;
        event.preventDefault();
        if (cells[i + step]) focus(cells[i + step]);
      });
    });
    chart.addEventListener("pointerleave", () => (card.hidden = true));
  }

  /** Maps that move with each other, and are fitted to the paper when they are printed. */
  function together(maps) {
    let leading = null;
    for (const one of maps) {
      one.on("move", () => {
        if (leading) return;
        leading = one;
        maps.filter((other) => other !== one).forEach((other) => other.setView(one.getCenter(), one.getZoom(), { animate: false }));
        leading = null;
      });
    }
    const fit = (printing) => {
      document.documentElement.classList.toggle("printing", printing);
      for (const one of maps) {
        one.invalidateSize({ animate: false, pan: false });
        one.spatialgov.fit();
      }
    };
    addEventListener("beforeprint", () => fit(true));
    addEventListener("afterprint", () => fit(false));
  }

  // The link to the other language keeps what the page was asked for.
  addEventListener("DOMContentLoaded", () => {
    const link = document.querySelector("a.language");
    if (!link) return;
    const asked = new URLSearchParams(location.search);
    asked.set("lang", link.lang);
    link.href = `?${asked}`;
  });

  return { raster, cellFrames, slider, panel, clock, together };
})());
