/** The examples in READMEs: ```ts blocks, and what they say they print. */
import { readFileSync } from "node:fs";

export type Snippet = {
  readonly file: string;
  readonly line: number;
  readonly code: string;
  readonly printed: readonly string[];
  /** Whether it reads files that only the repository has. */
  readonly needsRepository: boolean;
};

/** What a program printed, as READMEs show it. */
export const printedLines = (stdout: string): readonly string[] =>
  stdout === ""
    ? []
    : stdout
        .trimEnd()
        .split("\n")
        .map((text) => text.trimEnd());

/** Comments behind a `console.log`, on its line or on the lines after it, are what it prints. */
const printedBy = (code: string): readonly string[] => {
  const printed: string[] = [];
  let after = false;
  for (const line of code.split("\n")) {
    const logged = /^\s*(?:if \(.*?\) )?console\.log\(.*?\);?\s*(?:\/\/ ?(.*))?$/.exec(line);
    const comment = /^\s*\/\/ ?(.*)$/.exec(line);
    if (logged) {
      if (logged[1] !== undefined) printed.push(logged[1]);
      after = true;
    } else if (comment && after) printed.push(comment[1]!);
    else after = false;
  }
  return printed;
};

/** Blocks marked `ts`, or `ts repository` where only that has their files; a block marked `ts no-run` is only shown. */
export const snippetsOf = (file: string): readonly Snippet[] => {
  const text = readFileSync(file, "utf8");
  return [...text.matchAll(/^```ts( repository)?\n([\s\S]*?)^```$/gm)].map((block) => ({
    file,
    line: text.slice(0, block.index).split("\n").length,
    code: block[2]!,
    printed: printedBy(block[2]!).map((line) => line.trimEnd()),
    needsRepository: block[1] !== undefined,
  }));
};
