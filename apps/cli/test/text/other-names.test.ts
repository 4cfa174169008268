/** A flag by another program's name is an error that says which flag is meant, where the command has it. */
import { expect, it } from "vitest";
import { withMeantFlag } from "../../src/flags/other-names.ts";
import { ropewalk } from "../../src/program.ts";

const named = async (name: string) => (await ropewalk(name)).commands.find((one) => one.name() === name);

it.each([
  ["generate", "--max-tokens", " (Did you mean --max-new-tokens?)"],
  ["generate", "--length", " (Did you mean --max-new-tokens?)"],
  ["generate", "--max-tokens=9", " (Did you mean --max-new-tokens?)"],
  ["generate", "--temp", " (Did you mean --temperature?)"],
  ["generate", "--ctx-size", ""],
  ["inspect", "--ctx-size", " (Did you mean --length?)"],
  ["inspect", "--max-tokens", ""],
  ["generate", "--toString", ""],
])("%s %s", async (name, flag, said) => {
  const message = `error: unknown option '${flag}'`;
  expect(withMeantFlag(message, await named(name))).toBe(message + said);
});

it("keeps what the message says already, and other messages", async () => {
  const generate = await named("generate");
  for (const message of ["error: unknown option '--fil'\n(Did you mean --file?)", "error: too many arguments"])
    expect(withMeantFlag(message, generate)).toBe(message);
});
