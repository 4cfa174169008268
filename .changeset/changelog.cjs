/**
 * The lines of a changelog: an entry's own words, and one line for all the dependencies that moved along.
 *
 * The first release has notes of its own, in changesets that are named `first-…`. What else changed before it is no news to anybody.
 */
const { readdirSync } = require("node:fs");

const isFirst = (name) => name.startsWith("first-");

const getReleaseLine = async ({ id, summary }) => {
  if (!isFirst(id) && readdirSync(__dirname).some(isFirst)) return "";
  const [first, ...rest] = summary.trim().split("\n");
  return [`- ${first}`, ...rest.map((line) => (line === "" ? "" : `  ${line}`))].join("\n");
};

const getDependencyReleaseLine = async (_changesets, updated) =>
  updated.length === 0
    ? ""
    : `- Updated dependencies: ${updated.map(({ name, newVersion }) => `${name} ${newVersion}`).join(", ")}`;

module.exports = { getReleaseLine, getDependencyReleaseLine };
