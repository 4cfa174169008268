/** The built packages, as someone who installs them gets them: no source condition, plain JavaScript. */
import { execFile } from "node:child_process";
import { existsSync, globSync, readFileSync } from "node:fs";
import { promisify } from "node:util";
import { beforeAll, describe, expect, it } from "vitest";

const run = promisify(execFile);
const exec = (...args: readonly string[]) =>
  run(process.execPath, [...args], { env: { ...process.env, NODE_OPTIONS: "" } });

/** A file, or files by condition, of which one may hold others. */
type Target = string | { readonly [condition: string]: Target };

const filesOf = (target: Target): readonly string[] =>
  typeof target === "string" ? [target] : Object.values(target).flatMap(filesOf);

type Manifest = {
  readonly name: string;
  readonly private?: boolean;
  readonly exports?: Readonly<Record<string, Target>>;
};

const manifests = globSync("packages/*/package.json").map((path) => ({
  folder: path.replace("/package.json", ""),
  manifest: JSON.parse(readFileSync(path, "utf8")) as Manifest,
}));

beforeAll(async () => {
  await run("npm", ["run", "--silent", "build:packages"]);
}, 300_000);

describe("the built packages", () => {
  it.each(manifests)("$manifest.name has every file that it exports, with types", ({ folder, manifest }) => {
    for (const target of Object.values(manifest.exports ?? {}))
      for (const file of filesOf(target))
        if (!file.includes("*")) expect(existsSync(`${folder}/${file}`), `${folder}/${file}`).toBe(true);
  });

  it.each(manifests)("$manifest.name imports", async ({ manifest }) => {
    const entries = Object.entries(manifest.exports ?? {}).flatMap(([entry, target]) =>
      typeof target === "string" ? [] : [manifest.name + entry.slice(1)],
    );
    for (const entry of entries) {
      const { stdout } = await exec(
        "--input-type=module",
        "-e",
        `console.log(import.meta.resolve("${entry}"), Object.keys(await import("${entry}")).length)`,
      );
      expect(stdout).toMatch(/\/dist\/\S+\.js \d+/);
    }
  });

  it("run the whole way: a model is loaded, extended and tells a story", async () => {
    const script = `
      import { cpu } from "@ropewalk/backend-node";
      import { selfExtend } from "@ropewalk/context-extension";
      import { loadModel } from "@ropewalk/generation";
      import { openFolder } from "@ropewalk/models/node";
      import { stories260K } from "@ropewalk/tiny-models";
      const model = await loadModel(await openFolder(stories260K.url), { backend: cpu(), extension: selfExtend({ groupSize: 8, window: 128 }) });
      for await (const piece of model.generate("Once upon a time", { maxNewTokens: 12 })) process.stdout.write(piece);
      await model.release();`;
    const { stdout } = await exec("--input-type=module", "-e", script);
    expect(stdout).toMatch(/there was a little girl/);
  });

  it("hold the command, workers included", async () => {
    const { stdout } = await exec(
      "apps/cli/dist/main.js",
      "passkey",
      "--lengths",
      "128",
      "--depths",
      "1",
      "--trials",
      "2",
      "--workers",
      "2",
      "--json",
    );
    expect(JSON.parse(stdout)).toMatchObject({ cells: [{ found: 2 }, { found: 2 }, { found: 2 }] });
  });
});
