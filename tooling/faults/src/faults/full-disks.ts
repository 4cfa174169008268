/**
 * Full disks, in two ways. A file system of a few bytes in memory (tmpfs) is a real one; mounting it takes Linux and a mount namespace of the
 * process's own (`unshare`), but no administrator. Where there is none, the limit on a file's size (`ulimit -f`) refuses bytes as a full disk
 * does, by another name: EFBIG.
 */
import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { Trial } from "@ropewalk/testing/trials";
import { writers } from "../writers/index.ts";
import { undisturbed } from "../writers/undisturbed.ts";
import { leftIn, start, type Writer } from "../writers/writer.ts";

/** A command that limits the one behind it to so many kilobytes, and leaves what that wrote in `out`. */
type Limit = { readonly name: string; readonly isThere: () => boolean; readonly by: (kilobytes: number) => string };

const limits: readonly Limit[] = [
  {
    name: "a small disk",
    isThere: () => spawnSync("unshare", ["-rm", "mount", "-t", "tmpfs", "tmpfs", "/mnt"]).status === 0,
    // The disk goes with its namespace, so what it holds is copied from it.
    by: (kilobytes) =>
      `exec unshare -rm bash -c 'mount -t tmpfs -o size=${kilobytes}k tmpfs "$OUT.disk" && cp -a "$OUT/." "$OUT.disk" && ` +
      `mount --rbind "$OUT.disk" "$OUT" && "$@"; code=$?; mkdir "$OUT.after" && cp -a "$OUT/." "$OUT.after"; exit $code' limited "$@"`,
  },
  {
    name: "a limit on files",
    isThere: () => process.platform !== "win32",
    // Blocks are of 1024 bytes in bash.
    by: (kilobytes) => `ulimit -f ${kilobytes}; exec "$@"`,
  },
];

const rounds = 16;

const full = (writer: Writer): Trial => ({
  name: `full disk: ${writer.name}`,
  bar: "a write that is refused is named, all is old or new, nothing else is left, and the next run succeeds",
  run: async (scale) => {
    const home = await undisturbed(writer);
    const all = Math.ceil(scale * rounds);
    const after = join(home.path, "out.after");
    // About as much as all that it writes, the old and the new together.
    const most = 2 * home.kilobytes + 64;
    const wrong: string[] = [];
    const there = limits.filter(({ isThere }) => isThere());
    let [refused, done] = [0, 0];
    for (const { name, by } of there)
      for (let round = 0; round < all; round++) {
        mkdirSync(`${home.out}.disk`, { recursive: true });
        // The first has no room beside the old content; a disk of no size would have no limit.
        const kilobytes = Math.max(4, home.oldKilobytes + Math.floor(((most - home.oldKilobytes) * round) / all));
        const { code, stderr } = await start(writer, home.path, ["bash", "-c", by(kilobytes), "limited"]).ended;
        const folder = name === "a small disk" ? after : home.out;
        const says = /ENOSPC|EFBIG|of room/.test(stderr) && !/\n {4}at /.test(stderr);
        if (code !== 0 && !says) wrong.push(`${name} of ${kilobytes} kB said: ${stderr.slice(0, 300)}`);
        wrong.push(...[...home.broken(folder), ...leftIn(folder)].map((file) => `${name}, ${kilobytes} kB: ${file}`));
        if (code === 0) done += 1;
        else refused += 1;
        if (folder === after) {
          rmSync(home.out, { recursive: true });
          cpSync(after, home.out, { recursive: true, verbatimSymlinks: true });
          rmSync(after, { recursive: true });
        }
        if (home.isNew(home.out)) home.reset();
      }
    wrong.push(...(await home.wrongInTheEnd()));
    await home.end();
    return {
      figure: `${refused} refused, ${done} had room, by ${there.map(({ name }) => name).join(" and ")}; wrong: ${wrong.length === 0 ? "none" : wrong.join(", ")}`,
      holds: wrong.length === 0 && refused > 0,
    };
  },
});

export const fullDisks: readonly Trial[] = writers.map(full);
