// Making elements. Texts become text nodes, never markup.

/**
 * @param {string} tag
 * @param {{class?: string, text?: string}} options
 * @param {...Node} children
 */
export function element(tag, options = {}, ...children) {
  const made = document.createElement(tag);
  if (options.class) made.className = options.class;
  if (options.text) made.textContent = options.text;
  made.append(...children);
  return made;
}
