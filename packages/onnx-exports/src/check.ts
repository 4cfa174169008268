/** Throws RangeError `extendExport: <rule>, got <got>` when the rule does not hold. */
export const check: (holds: boolean, rule: string, got: unknown) => asserts holds = (holds, rule, got) => {
  if (!holds) throw new RangeError(`extendExport: ${rule}, got ${String(got)}`);
};

/** Refuses a model; the problem names the node. */
export const refuse = (problem: string): never => {
  throw new RangeError(`extendExport: ${problem}`);
};
