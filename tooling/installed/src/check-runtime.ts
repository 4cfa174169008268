/** What every runtime must do with the packed packages: import each entry, run what READMEs show, and the command line. */
import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { promisify } from "node:util";
import { transformSync } from "esbuild";
import { describe, expect, inject, it } from "vitest";
import { printedLines, snippetsOf } from "../../checks/src/snippets.ts";
import { published } from "../../packaging/src/published.ts";
import { writePasskeyExport } from "@ropewalk/testing/exports/passkey-export";
import { appIn } from "./app.ts";
import { runtimes } from "./runtimes.ts";

const run = promisify(execFile);

/** Runtimes write values each in its own way: with other quotes, and on lines of another length. */
const asWritten = (lines: readonly string[]): string =>
  lines
    .join(" ")
    .replaceAll("'", '"')
    .replaceAll(/\s+/g, " ")
    .replaceAll(/, (?=[\]}])/g, " ")
    .replaceAll(/,(?= [\]}])/g, "");

/** What is there before anything is imported: names of globals, of what is built in, and of the environment. */
const surroundings = `
const builtIns = [Object, Array, Function, String, Number, Promise, Map, Set, RegExp, Error, Uint8Array, Float32Array, URL, Response];
const surroundings = () => JSON.stringify([
  Reflect.ownKeys(globalThis).map(String),
  builtIns.map((each) => [Reflect.ownKeys(each).map(String), Reflect.ownKeys(each.prototype).map(String)]),
  Object.entries(process.env).map(String),
].flat(3));
const added = (before, after) => JSON.parse(after).filter((each) => !before.includes(JSON.stringify(each))).join(" ");`;

/** Prints the names of each entry, and what its import added to what is around it. */
const importsAll = (entries: readonly string[]): string => `${surroundings}
const found = {};
for (const entry of ${JSON.stringify(entries)}) {
  const before = surroundings();
  const names = Object.keys(await import(entry)).sort();
  found[entry] = { names, added: added(before, surroundings()) };
}
console.log(JSON.stringify(found));`;

type Found = Readonly<Record<string, { readonly names: readonly string[]; readonly added: string }>>;

export const checkRuntime = (which: keyof typeof runtimes): void => {
  const { name, node, command } = runtimes[which];
  const app = appIn(inject("app"));
  const [program, ...flags] = command ?? [""];
  const env = { ...process.env, NODE_OPTIONS: "", NO_COLOR: "1" };
  const runs = async (...args: readonly string[]): Promise<string> =>
    (await run(program, [...flags, ...args], { cwd: app.folder, env, maxBuffer: 2 ** 24 })).stdout;
  const able = published.filter(({ manifest }) => Number(manifest.engines!["node"]!.slice(2)) <= node);

  describe.skipIf(command === undefined)(name, () => {
    it("imports every entry, with the names that the sources have, and nothing is added around it", async () => {
      const entries = able.flatMap((each) => each.entries);
      const script = app.write(`imports-${which}.mjs`, importsAll(entries));
      const found = JSON.parse(await runs(script)) as Found;
      // Two backends name a file that has effects, and the runtime that they load may bring more.
      const pure = new Set(
        able.filter(({ manifest }) => manifest.sideEffects === false).flatMap((each) => each.entries),
      );
      expect(Object.keys(found)).toEqual(entries);
      for (const [entry, { names, added: more }] of Object.entries(found)) {
        const source = (await import(entry)) as object;
        expect([entry, names, pure.has(entry) ? more : ""]).toEqual([entry, Object.keys(source).toSorted(), ""]);
      }
    });

    const shown = able.flatMap((each) =>
      snippetsOf(`${each.folder}/README.md`)
        .filter(({ needsRepository }) => !needsRepository)
        .map((snippet) => ({ ...snippet, of: basename(each.folder) })),
    );
    it.each(shown)("prints what the README of $of says, line $line", async ({ of, line, code, printed }) => {
      const script = app.write(
        `${which}/${of}-${line}.mjs`,
        transformSync(code, { loader: "ts", target: "es2022" }).code,
      );
      expect(asWritten(printedLines(await runs(script)))).toBe(asWritten(printed));
    });

    it("runs the command line: its help, and a grid in two worker threads", async () => {
      const ropewalk = join(app.folder, "node_modules/ropewalk/dist/main.js");
      expect(await runs(ropewalk, "--help")).toMatch(/passkey/);
      const grid = ["passkey", "--lengths", "128", "--depths", "1", "--trials", "2", "--workers", "2", "--json"];
      expect(JSON.parse(await runs(ropewalk, ...grid))).toMatchObject({
        cells: [{ found: 2 }, { found: 2 }, { found: 2 }],
      });
    });

    it("extends a model of a folder in transformers.js", async () => {
      const folder = join(app.folder, `transformers-${which}`);
      await writePasskeyExport(join(folder, "passkey-onnx"));
      const code = transformSync(readFileSync("examples/in-transformers-js.ts", "utf8"), {
        loader: "ts",
        target: "es2022",
      }).code;
      const { stdout } = await run(
        program,
        [...flags, appIn(folder).write("in-transformers-js.mjs", code), "passkey-onnx"],
        { cwd: folder, env: { ...env, ORT_DISABLE_TELEMETRY: "1" } },
      );
      expect(printedLines(stdout).at(-1)).toBe("extended: 3 1 4 1 5");
    });
  });
};
