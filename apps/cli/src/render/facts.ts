/** Facts, a line each with its name in front, and what has to be said beside them. */
import { notice } from "../notice.ts";
import { terminalWidth } from "./table.ts";

const nameWidth = 18;

/** Broken behind commas, or at spaces, where the terminal would break it anywhere; a word alone is never broken. */
const broken = (text: string, width: number): readonly string[] => {
  const lines: string[] = [];
  const listed = text.split(/(?<=,) /);
  for (const word of listed.every((part) => part.length <= width) ? listed : text.split(" ")) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + 1 + word.length <= width) lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
  }
  return lines;
};

export const factLines = (name: string, value: string): string =>
  `${name.padEnd(nameWidth)} ${broken(value, terminalWidth - nameWidth - 1).join(`\n${" ".repeat(nameWidth + 1)}`)}`;

export const printFacts = (facts: Readonly<Record<string, string>>, notices: readonly string[]): void => {
  for (const [name, value] of Object.entries(facts)) process.stdout.write(`${factLines(name, value)}\n`);
  for (const said of notices) notice(said);
};
