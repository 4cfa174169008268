import { inRepository } from "@ropewalk/testing/repository";
import fc from "fast-check";
import { defineDoor } from "./define-door.ts";

type Words = readonly string[];

type Program = { readonly run: (args: readonly string[]) => Promise<void> };

/** The command as a program, by its path: nothing imports an app. */
const program = inRepository("apps/cli/src/program.ts").href;

const commands: readonly Words[] = [
  [
    "inspect",
    "stories260K",
    "--length",
    "2048",
    "--method",
    "self-extend",
    "--group-size",
    "4",
    "--window",
    "64",
    "--json",
  ],
  ["inspect", "stories260K", "--length", "1024", "--method", "yarn", "--entropy", "log-n", "--trained-context", "256"],
  ["positions", "--length", "64", "--method", "re-rope", "--window", "16"],
  ["tokenize", "stories260K", "Once upon a time", "--json"],
  ["generate", "stories260K", "Once", "--max-new-tokens", "1", "--temperature", "0.5", "--top-k", "5", "--seed", "3"],
];

const words = [
  ..."--method --window --group-size --length --json --seed --top-p --min-p --ids --after --backend --threads".split(
    " ",
  ),
  ..."--entropy --adapter --quantize --cache --factor --steps-per-run --lookup --stop --unknown -x -- -".split(" "),
  ..."self-extend none yarn wasm cpu q8 q4 stories260K passkey-875k 0 -1 1e400 NaN 0x10 3.5 1e3 64 007".split(" "),
  ...["", " ", "../nowhere", "/dev/null", "__proto__", "constructor", "é", "a".repeat(3000), "--window=", "--=3"],
];

const edit = fc.record({ kind: fc.nat(3), at: fc.nat(), word: fc.constantFrom(...words) });

/** The words of commander that ended the program. */
type Ended = { readonly ended: number | undefined };

/** Runs the command in this process, with its output kept and its exit caught. */
const runQuietly = async (args: Words): Promise<string> => {
  const { run } = (await import(program)) as Program;
  const { exit, stdout, stderr, exitCode } = process;
  const [writeOut, writeErr] = [stdout.write, stderr.write];
  let said = "";
  const keep = ((text: string | Uint8Array, ...rest: readonly unknown[]) => {
    said += String(text);
    const done = rest.find((each) => typeof each === "function") as (() => void) | undefined;
    done?.();
    return true;
  }) as typeof stdout.write;
  Object.assign(stdout, { write: keep });
  const errors: string[] = [];
  Object.assign(stderr, { write: ((text: string) => errors.push(String(text)) > 0) as never });
  process.exit = ((code?: number) => {
    throw { ended: code } satisfies Ended;
  }) as never;
  try {
    await run(args);
    return said;
  } catch (thrown) {
    // The command line's library has a class of its own for what it refuses.
    if (thrown instanceof Error && "code" in thrown && String(thrown.code).startsWith("commander."))
      throw new RangeError(thrown.message, { cause: thrown });
    if (typeof thrown !== "object" || thrown === null || !("ended" in thrown)) throw thrown;
    if ((thrown as Ended).ended === 0) return said;
    // What the command says on stderr and ends with, as an error.
    throw new Error(errors.join("").trim(), { cause: thrown });
  } finally {
    Object.assign(process, { exit, exitCode });
    Object.assign(stdout, { write: writeOut });
    Object.assign(stderr, { write: writeErr });
  }
};

export const commandFlags = defineDoor<Words>({
  name: "command-line flags",
  seeds: () => commands,
  mutate: (seed) =>
    fc.array(edit, { minLength: 1, maxLength: 3 }).map((edits) =>
      edits.reduce<Words>(([command, ...rest], { kind, at, word }) => {
        const place = at % (rest.length + 1);
        const others =
          kind === 0
            ? rest.toSpliced(place, 1)
            : kind === 1
              ? rest.toSpliced(place, 0, word)
              : rest.toSpliced(place, 1, word);
        return [command!, ...others];
      }, seed),
    ),
  call: async (args, { folder }) => {
    const before = process.cwd();
    process.chdir(folder);
    try {
      await runQuietly(args);
    } finally {
      process.chdir(before);
    }
  },
});
