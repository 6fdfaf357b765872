// @ts-check
// A view as the part of an address behind #: name=value pairs, so that it can be shared by a link.

/** @param {string} hash @returns {Record<string, string>} */
export const readAddress = (hash) => Object.fromEntries(new URLSearchParams(hash.replace(/^#/, "")));

/** Parts that are empty are left out. @param {Record<string, string>} parts @returns {string} "" for a view without parts */
export function writeAddress(parts) {
  const kept = Object.entries(parts).filter(([, value]) => value !== "" && value !== undefined);
  const written = new URLSearchParams(kept).toString();
  // commas and colons may stand there as they are, and are read more easily
  return written && `#${written.replaceAll("%2C", ",").replaceAll("%3A", ":")}`;
}
