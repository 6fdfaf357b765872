// A ranked list beside the map: a row leads to its shape, a shape to its row; on paper the list stands below the map.
// Plain script, inlined after map.js.

Object.assign(spatialgov, (() => {
  const CHOSEN = { pane: "lines", fill: false, color: "#111827", weight: 4, interactive: false };

  /** @param {object} on the map @param {object | null} layer its features are labelled with the numbers of the rows */
  function ranking(on, layer) {
    const list = document.querySelector(".ranking");
    const rows = new Map([...list.querySelectorAll("li")].map((row) => [row.dataset.number, row]));
    const shapes = new Map();
    let outline = null;
    layer?.eachLayer((path) => {
      const number = path.feature.properties.l;
      if (!number) return; // a grid that stays as it is
      shapes.set(number, path);
      path.on("click", () => {
        choose(number);
        rows.get(number).scrollIntoView({ block: "nearest" });
      });
    });

    function choose(number) {
      for (const [other, row] of rows) row.classList.toggle("chosen", other === number);
      outline?.remove();
      outline = shapes.has(number) ? L.polygon(shapes.get(number).getLatLngs(), CHOSEN).addTo(on) : null;
    }

    for (const [number, row] of rows) {
      row.querySelector("button").addEventListener("click", () => {
        choose(number);
        if (!outline) return;
        if (spatialgov.narrow()) on.getContainer().scrollIntoView();
        on.fitBounds(outline.getBounds(), { padding: [40, 40], maxZoom: 17 });
      });
    }

    const settle = () => {
      on.invalidateSize({ pan: false, animate: false });
      on.spatialgov.fit();
    };
    document.body.classList.add("with-ranking");
    settle();
    addEventListener("beforeprint", () => {
      document.body.classList.add("printing");
      settle();
    });
    addEventListener("afterprint", () => {
      document.body.classList.remove("printing");
      settle();
    });
  }

  return { ranking };
})());
