/** The size of each primitive's main entry: bundled, minified and gzipped, without ts-pattern. Fails above the budget. */
import { buildSync } from "esbuild";
import { gzipSync } from "node:zlib";

const budget = 1_500;

const primitives = ["rope", "position-mapping", "attention-merge", "entropy-scaling"];

export const sizeOf = (name: string): number => {
  const { outputFiles } = buildSync({
    entryPoints: [`packages/${name}/src/index.ts`],
    bundle: true,
    minify: true,
    write: false,
    format: "esm",
    target: "es2023",
    external: ["ts-pattern"],
    conditions: ["@ropewalk/source"],
  });
  return gzipSync(outputFiles[0]!.contents, { level: 9 }).length;
};

if (import.meta.main) {
  const sizes = primitives.map((name) => ({ name, size: sizeOf(name) }));
  for (const { name, size } of sizes)
    console.log(
      `@ropewalk/${name.padEnd(18)} ${String(size).padStart(5)} bytes of ${budget}${size > budget ? "  too large" : ""}`,
    );
  process.exitCode = sizes.some(({ size }) => size > budget) ? 1 : 0;
}
