/** Facts as lines, each behind its name, and notices beside them. */
import { notice } from "../terminal/notice.ts";
import { terminalWidth } from "./table.ts";

const nameWidth = 18;

/** Where a list may be broken, the best places first: behind commas outside of parentheses, behind any, at spaces. */
const places = [/(?<=,) (?![^(]*\))/, /(?<=,) /, / /] as const;

/** A text with a colon or a semicolon is a sentence, not a list. */
const isSentence = (text: string): boolean => /[:;] /.test(text);

/** Breaks a text into lines of at most `width` columns. A single word is never broken. */
const broken = (text: string, width: number): readonly string[] => {
  const lines: string[] = [];
  const parts = (isSentence(text) ? places.slice(-1) : places).map((place) => text.split(place));
  for (const part of parts.find((ways) => ways.every(({ length }) => length <= width)) ?? parts.at(-1)!) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + 1 + part.length <= width) lines[lines.length - 1] = `${last} ${part}`;
    else lines.push(part);
  }
  return lines;
};

/** The text behind a name: one text, or several below one another. */
export type Fact = string | readonly string[];

export const factLines = (name: string, value: Fact): string => {
  const lines = [value].flat().flatMap((text) => broken(text, terminalWidth - nameWidth - 1));
  return `${name.padEnd(nameWidth)} ${lines.join(`\n${" ".repeat(nameWidth + 1)}`)}`;
};

export const printFacts = (facts: Readonly<Record<string, Fact>>, notices: readonly string[]): void => {
  for (const [name, value] of Object.entries(facts)) process.stdout.write(`${factLines(name, value)}\n`);
  for (const said of notices) notice(said);
};
