// @ts-check
// What the page asks first: it is under way before the code of the map has come.

import { ask } from "../js/api.js";

/** @typedef {{id: number, name: string, state: string}} PlanLine */

export const account = ask("account");

/** @type {Promise<PlanLine[]>} */
export const plans = ask("plans").then((answer) => answer.plans);

/** The plan that the address names, 0 for none. */
export const named = () => Number(/plan=(\d+)/.exec(location.hash)?.[1] ?? 0);

/** The plan to open: that of the address, else that in force, else the newest. @param {PlanLine[]} all @param {number} asked */
export const wanted = (all, asked) =>
  (all.find(({ id }) => id === asked) ?? all.find(({ state }) => state === "published") ?? all[all.length - 1])?.id;

const parts = (/** @type {number} */ id) => Promise.all([ask(`plans/${id}/units`), ask(`plans/${id}/open`)]);
const asked = named();
const early = asked ? parts(asked) : null;

/** The plan's number, its units and what is in it; undefined when there is none. */
export const plan = plans.then(async (all) => {
  const id = wanted(all, asked);
  if (id === undefined) return undefined;
  const [units, opened] = await (early && id === asked ? early : parts(id));
  return { id, units, opened };
});

for (const one of [account, plans, early, plan]) one?.catch(() => {}); // the page tells what went wrong when it awaits them
