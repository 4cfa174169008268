/** The packed types, every entry's, read by the least TypeScript that READMEs state. */
import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, inject, it } from "vitest";
import { leastTypeScript } from "../../packaging/src/publishing-problems.ts";
import { appIn } from "../src/app.ts";
import { published } from "../../packaging/src/published.ts";

const app = appIn(inject("app"));
const compiler = new URL("../tools/node_modules/typescript/", import.meta.url).pathname;

/** What a compiler says; its exit status is not looked at, for packages from outside are not without errors under it. */
const compile = (project: string): Promise<readonly string[]> =>
  new Promise((resolve) => {
    execFile(process.execPath, [join(compiler, "bin/tsc"), "-p", project], { cwd: app.folder }, (_, stdout) =>
      resolve(stdout.split("\n").filter((line) => /^\S/.test(line))),
    );
  });

const consumer = published
  .flatMap(({ entries }) => entries)
  .map((entry, index) => `import * as entry${index} from ${JSON.stringify(entry)};\nentry${index} satisfies object;`)
  .join("\n");

/** A project that reads every declaration of the packages, and all that those lead to. */
const project = (name: string, options: object): string => {
  app.write(`types-${name}/consumer.ts`, `${consumer}\n`);
  const compilerOptions = {
    ...{ target: "es2022", lib: ["es2022", "dom"], types: [] },
    ...{ strict: true, noEmit: true, skipLibCheck: false },
    ...options,
  };
  return app.write(`types-${name}/tsconfig.json`, JSON.stringify({ compilerOptions, files: ["consumer.ts"] }));
};

const ours = (said: readonly string[]): readonly string[] =>
  said.filter((line) => /consumer\.ts|node_modules\/(@ropewalk|ropewalk)\/|error TS(5|6|18)\d{3}:/.test(line));

describe(`TypeScript ${leastTypeScript}`, () => {
  it.each([
    ["nodenext", { module: "nodenext" }],
    ["bundler", { module: "esnext", moduleResolution: "bundler" }],
    ["browser", { module: "esnext", moduleResolution: "bundler", customConditions: ["browser"] }],
  ])("reads every entry: %s", async (name, options) => {
    expect(ours(await compile(project(name, options)))).toEqual([]);
  });

  it("reads the examples of mappings, scalings and tasks", async () => {
    const files = ["my-mapping/my-mapping.ts", "my-scalings/my-scalings.ts", "my-task/my-task.ts"];
    for (const file of files) app.write(`types-examples/${file}`, readFileSync(`examples/${file}`, "utf8"));
    const options = { module: "nodenext", exactOptionalPropertyTypes: true, erasableSyntaxOnly: true };
    const config = project("examples", options);
    const { compilerOptions } = JSON.parse(readFileSync(config, "utf8")) as { readonly compilerOptions: object };
    app.write("types-examples/tsconfig.json", JSON.stringify({ compilerOptions, files }));
    const said = await compile(config);
    expect(said.filter((line) => line.includes("my-") || line.startsWith("error"))).toEqual([]);
  });

  it("would be heard", async () => {
    const wrong = project("wrong", { module: "nodenext" });
    app.write("types-wrong/consumer.ts", 'import { nothing } from "@ropewalk/rope";\nnothing();\n');
    expect(ours(await compile(wrong))).toEqual([expect.stringMatching(/consumer\.ts.*error TS2305/)]);
  });
});
