/**
 * The size of each package's entries, bundled, minified and gzipped, as who picks them pays for them: with everything that they import.
 *
 * Each has a budget for all of it and one for a single name, and a primitive's main entry one for its own code. The figures that READMEs state are measured as well. Fails above a budget, and where a
 * README says another figure.
 */
import * as check from "@ropewalk/check";
import type { Plugin } from "esbuild";
import { readFileSync } from "node:fs";
import { budgets } from "./budgets.ts";
import { bundles, forNode, forPage, gzipped } from "./bundle.ts";

/** The packages whose own code has a budget. */
export const primitives: readonly string[] = Object.entries(budgets).flatMap(([name, { entries }]) =>
  entries["."]?.own === undefined ? [] : [name.replace("@ropewalk/", "")],
);

/** Stands for `@ropewalk/check`: its names, without code. */
const withoutCheck: Plugin = {
  name: "without-check",
  setup: ({ onResolve, onLoad }) => {
    onResolve({ filter: /^@ropewalk\/check$/ }, () => ({ path: "check", namespace: "without-check" }));
    onLoad({ filter: /.*/, namespace: "without-check" }, () => ({
      contents: `export let ${Object.keys(check).toSorted().join(", ")};`,
    }));
  },
};

/** The names that stand for the check's functions, which a bundle declares first. */
const declaration = /^var [\w$,]+;/;

/** Bytes of what an entry of a package exports: all of it, or some names. */
export const sizeOf = async (
  entry: string,
  { names, own = false }: { readonly names?: readonly string[]; readonly own?: boolean } = {},
): Promise<number> => {
  const [text] = await bundles([`export ${names ? `{ ${names.join(", ")} }` : "*"} from "@ropewalk/${entry}";`], {
    plugins: own ? [withoutCheck] : [],
  });
  return gzipped(own ? text!.replace(declaration, "") : text!);
};

export type Measured = { readonly what: string; readonly bytes: number; readonly budget: number };

/** Of a primitive: its own code. */
export const ownSize = async (name: string): Promise<Measured> => ({
  what: `@ropewalk/${name}, own code`,
  bytes: await sizeOf(name, { own: true }),
  budget: budgets[`@ropewalk/${name}`]!.entries["."]!.own!,
});

/** Every entry of every package: all of it, and one name alone. */
export const entrySizes = async (): Promise<readonly Measured[]> => {
  const entries = Object.entries(budgets).flatMap(([name, budget]) =>
    Object.entries(budget.entries).map(([entry, each]) => ({ entry: name + entry.slice(1), ...each })),
  );
  const measured = entries.flatMap(({ entry, all, name, alone }) => [
    { entry, what: entry, budget: all, contents: `export * from "${entry}";` },
    { entry, what: `${entry}: ${name} alone`, budget: alone, contents: `export { ${name} } from "${entry}";` },
  ]);
  // A server's metrics need Node; all else is measured as a page gets it.
  const sizes = async (needNode: boolean): Promise<readonly Measured[]> => {
    const those = measured.filter(({ entry }) => (entry === "@ropewalk/server") === needNode);
    const built = await bundles(
      those.map(({ contents }) => contents),
      needNode ? forNode : forPage,
    );
    return those.map(({ what, budget }, index) => ({ what, budget, bytes: gzipped(built[index]!) }));
  };
  return [...(await sizes(false)), ...(await sizes(true))];
};

/** A figure that a README states: a line `| what | 1,234 bytes |`, where `what` names an entry, or a name of one. */
export type Stated = {
  readonly readme: string;
  readonly what: string;
  readonly bytes: number;
};

const row = /^\| `(@ropewalk\/[\w/-]+)`(?:: `(\w+)` alone|(, own code))? \| ([\d,]+) bytes \|/gm;

/** What is stated beside what is measured. */
export const statedSizes = async (readme: string): Promise<readonly (Stated & { readonly measured: number })[]> =>
  Promise.all(
    [...readFileSync(readme, "utf8").matchAll(row)].map(async ([, entry, name, own, bytes]) => ({
      readme,
      what: `${entry}${name ? `: ${name} alone` : (own ?? "")}`,
      bytes: Number(bytes!.replaceAll(",", "")),
      measured: await sizeOf(entry!.replace("@ropewalk/", ""), {
        ...(name && { names: [name] }),
        own: own !== undefined,
      }),
    })),
  );

/** The READMEs that state sizes. */
export const readmes = [...primitives, "check"].map((name) => `packages/${name}/README.md`);

if (import.meta.main) {
  let failed = false;
  const report = (label: string, size: number, budget: number): void => {
    const over = size > budget;
    failed ||= over;
    console.log(`${label.padEnd(52)} ${String(size).padStart(6)} bytes of ${budget}${over ? "  too large" : ""}`);
  };
  for (const { what, bytes, budget } of [...(await entrySizes()), ...(await Promise.all(primitives.map(ownSize)))])
    report(what, bytes, budget);
  for (const readme of readmes)
    for (const { what, bytes, measured } of await statedSizes(readme)) {
      const wrong = bytes !== measured;
      failed ||= wrong;
      console.log(
        `${what.padEnd(52)} ${String(measured).padStart(6)} bytes${wrong ? `, ${readme} says ${bytes}` : ""}`,
      );
    }
  process.exitCode = failed ? 1 : 0;
}
