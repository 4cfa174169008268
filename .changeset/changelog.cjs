/** The lines of a changelog: an entry's own words, and one line for all the dependencies that moved along. */

const getReleaseLine = async ({ summary }) => {
  const [first, ...rest] = summary.trim().split("\n");
  return [`- ${first}`, ...rest.map((line) => (line === "" ? "" : `  ${line}`))].join("\n");
};

const getDependencyReleaseLine = async (_changesets, updated) =>
  updated.length === 0
    ? ""
    : `- Updated dependencies: ${updated.map(({ name, newVersion }) => `${name} ${newVersion}`).join(", ")}`;

module.exports = { getReleaseLine, getDependencyReleaseLine };
