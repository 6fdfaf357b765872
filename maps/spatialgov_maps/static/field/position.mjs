// @ts-check
// The browser's position: the best of some seconds, each better one as soon as it is known. It is WGS 84 by its standard.

/** @typedef {{lon: number, lat: number, accuracy_m: number}} Position */
/** @typedef {"denied" | "unavailable" | "timeout"} Failure */

export const SECONDS = 20;
const ENOUGH_M = 10;
const DENIED = 1;

/**
 * Look for the position.
 * @param {Pick<Geolocation, "watchPosition" | "clearWatch">} geolocation
 * @param {(position: Position) => void} better told each position that is better than those before
 * @param {(failure: Failure | null) => void} ended told once: what went wrong, null when there was a position
 * @param {{seconds?: number}} options
 * @returns {() => void} ends it early, without a word
 */
export function lookForPosition(geolocation, better, ended, { seconds = SECONDS } = {}) {
  let best = Infinity;
  let isOver = false;
  const stop = () => {
    isOver = true;
    clearTimeout(timer);
    geolocation.clearWatch(watch);
  };
  const end = (/** @type {Failure} */ failure) => {
    if (isOver) return;
    stop();
    ended(best < Infinity ? null : failure);
  };
  const timer = setTimeout(() => end("timeout"), seconds * 1000);
  const watch = geolocation.watchPosition(
    ({ coords: { longitude, latitude, accuracy } }) => {
      if (isOver) return;
      if (accuracy < best) {
        best = accuracy;
        better({ lon: longitude, lat: latitude, accuracy_m: accuracy });
      }
      if (best <= ENOUGH_M) end("timeout");
    },
    ({ code }) => {
      if (code === DENIED) end("denied");
      else if (code === 2) end("unavailable");
    },
    { enableHighAccuracy: true, maximumAge: 0 },
  );
  return stop;
}
