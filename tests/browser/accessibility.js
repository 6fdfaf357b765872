// What tests ask of any page; injected after axe-core (accessibility.py).

globalThis.accessibility = (() => {
  const STOPS = "a[href], button, input, select, textarea, summary, [tabindex]";
  const LOOKS = ["outline", "boxShadow", "stroke", "strokeWidth", "backgroundColor", "borderColor"];
  const within = (one, parts) => parts.some((part) => one.closest(part));

  /** What a page breaks of the rules of some tags: the rule, the element, what is wrong. */
  async function violations(tags, left) {
    const options = { runOnly: tags, resultTypes: ["violations"] };
    const { violations: found } = await axe.run({ exclude: left.map((part) => [part]) }, options);
    return found.flatMap(({ id, nodes }) =>
      nodes.slice(0, 5).map(({ target, any, all, none }) => {
        const why = [...any, ...all, ...none].map((check) => check.message);
        return [id, target.join(" "), ...why].join(" | ");
      }),
    );
  }

  /** How an element and what it holds look, as far as focus can change it. */
  const looks = (one) =>
    [one, ...one.querySelectorAll("*")].slice(0, 20).map((part) => {
      const style = getComputedStyle(part);
      return LOOKS.map((name) => style[name]).join();
    }).join();

  /** Stops of the Tab key that don't show the focus, or come out of order; and how many stops there are. */
  function focusFaults(left) {
    const faults = [];
    const stops = [...document.querySelectorAll(STOPS)].filter(
      (one) => one.tabIndex >= 0 && !one.disabled && one.checkVisibility({ visibilityProperty: true }) && !within(one, left),
    );
    for (const stop of stops) {
      const told = stop.outerHTML.slice(0, 120);
      if (stop.tabIndex > 0) faults.push(`out of order: ${told}`);
      document.activeElement?.blur();
      const before = looks(stop);
      stop.focus({ preventScroll: true });
      if (document.activeElement === stop && looks(stop) === before) faults.push(`focus not seen: ${told}`);
    }
    document.activeElement?.blur();
    return [faults, stops.length];
  }

  /** The language of the page, and all that it says in it, to the eye or to a screen reader. */
  function texts(left) {
    const tag = document.documentElement.lang;
    const own = (one) => one.closest("[lang]").lang === tag && !within(one, left);
    const found = [document.title];
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    while (walker.nextNode()) {
      const parent = walker.currentNode.parentElement;
      if (within(parent, ["script", "style", "noscript", "code", "pre"]) || !own(parent)) continue;
      if (parent.checkVisibility()) found.push(walker.currentNode.data);
    }
    for (const name of ["title", "aria-label", "aria-valuetext", "placeholder", "alt"]) {
      for (const one of document.querySelectorAll(`[${name}]`)) if (own(one)) found.push(one.getAttribute(name));
    }
    return [tag, found.map((text) => text.trim()).filter(Boolean)];
  }

  return { violations, focusFaults, texts };
})();
