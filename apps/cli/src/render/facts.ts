/** Facts, a line each with its name in front, and what has to be said beside them. */
import { notice } from "../notice.ts";

export const printFacts = (facts: Readonly<Record<string, string>>, notices: readonly string[]): void => {
  for (const [name, value] of Object.entries(facts)) process.stdout.write(`${name.padEnd(18)} ${value}\n`);
  for (const said of notices) notice(said);
};
