/**
 * Runs the fast tests, or with `--all` every test, and prints a table of rooms: how many of their lines and branches were run, and the
 * files with the most lines that were not. What runs in another process or in a browser is not counted.
 */
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { relative } from "node:path";

type Count = { readonly total: number; readonly covered: number };
type FileSummary = { readonly lines: Count; readonly branches: Count };

/** A room's lines and branches together. */
export type RoomCoverage = { readonly room: string; readonly lines: Count; readonly branches: Count };

const sum = (counts: readonly Count[]): Count => ({
  total: counts.reduce((total, count) => total + count.total, 0),
  covered: counts.reduce((covered, count) => covered + count.covered, 0),
});

/** Files by path from the root, as istanbul's json-summary has them, added up by `packages/<name>` and `apps/<name>`. */
export const coverageByRoom = (files: Readonly<Record<string, FileSummary>>): readonly RoomCoverage[] => {
  const rooms = new Map<string, FileSummary[]>();
  for (const [path, summary] of Object.entries(files)) {
    const room = path.split("/").slice(0, 2).join("/");
    rooms.set(room, [...(rooms.get(room) ?? []), summary]);
  }
  return [...rooms]
    .map(([room, summaries]) => ({
      room,
      lines: sum(summaries.map(({ lines }) => lines)),
      branches: sum(summaries.map(({ branches }) => branches)),
    }))
    .toSorted((a, b) => a.room.localeCompare(b.room));
};

/** @returns a share with one decimal; all of nothing is 100 */
export const percentage = ({ total, covered }: Count): string =>
  (total === 0 ? 100 : (100 * covered) / total).toFixed(1);

const missed = ({ lines }: FileSummary): number => lines.total - lines.covered;

if (import.meta.main) {
  const all = process.argv.includes("--all");
  const { status } = spawnSync(
    "vitest",
    ["run", "--coverage", "--reporter=dot", ...(all ? [] : ["--project", "fast"])],
    { stdio: "inherit", shell: process.platform === "win32" },
  );
  const { total: _, ...files } = JSON.parse(
    readFileSync("node_modules/.cache/coverage/coverage-summary.json", "utf8"),
  ) as Record<string, FileSummary>;
  const byPath = Object.fromEntries(
    Object.entries(files).map(([path, summary]) => [relative(".", path).replaceAll("\\", "/"), summary]),
  );
  const rooms = coverageByRoom(byPath);
  console.log(`\n${"room".padEnd(30)} ${"lines".padStart(7)} ${"branches".padStart(9)}   lines not run`);
  for (const { room, lines, branches } of rooms)
    console.log(
      `${room.padEnd(30)} ${percentage(lines).padStart(7)} ${percentage(branches).padStart(9)}   ${lines.total - lines.covered}`,
    );
  console.log("\nmost lines not run:");
  for (const [path, summary] of Object.entries(byPath)
    .toSorted(([, a], [, b]) => missed(b) - missed(a))
    .slice(0, 20))
    console.log(`${String(missed(summary)).padStart(6)}  ${path}`);
  process.exitCode = status ?? 1;
}
