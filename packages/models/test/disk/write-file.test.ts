/** Files that are written whole, and read as they were. `ROUNDS` sets how often processes are killed in the middle. */
import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { pathToFileURL } from "node:url";
import { rejectionOf } from "@ropewalk/testing/thrown";
import { scratchFolder } from "@ropewalk/testing/scratch-folder";
import { afterEach, beforeEach, expect, it } from "vitest";
import { withFile, writeFileWhole } from "../../src/files.ts";
import { startDiskProcess } from "./start-disk-process.ts";

const rounds = Number(process.env["ROUNDS"] ?? 2);

let home = "";
beforeEach(() => void (home = scratchFolder()));
afterEach(() => rmSync(home, { recursive: true }));

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const textOf = (file: string | URL): Promise<string> =>
  withFile("read", file, async ({ size, read }) => new TextDecoder().decode(await read(0, size)));

it("are there when all of them is, in place of what was, with its permissions, and behind a link", async () => {
  const file = join(home, "made", "book.kv");
  const seen: (string | undefined)[] = [];
  const parts = async function* (text: string): AsyncGenerator<Uint8Array> {
    for (const part of [text, "!"]) {
      yield bytes(part);
      seen.push(await textOf(file).catch(() => undefined));
    }
  };
  expect(await writeFileWhole("save", file, parts("one"))).toBe(4);
  expect(statSync(file).mode & 0o777).toBe(0o666 & ~process.umask());
  writeFileSync(join(home, "private"), "", { mode: 0o600 });
  await writeFileWhole("save", join(home, "private"), [bytes("mine")]);
  expect(statSync(join(home, "private")).mode & 0o777).toBe(0o600);
  symlinkSync(file, join(home, "link"));
  await writeFileWhole("save", pathToFileURL(join(home, "link")), parts("two"));
  expect(seen).toEqual([undefined, undefined, "one!", "one!"]);
  expect(await textOf(pathToFileURL(join(home, "link")))).toBe("two!");
  expect(readdirSync(home).toSorted()).toEqual(["link", "made", "private"]);
  expect(readdirSync(join(home, "made"))).toEqual(["book.kv"]);
});

it("that fail leave what was there, and nothing of their own", async () => {
  const failing = async function* (): AsyncGenerator<Uint8Array> {
    yield bytes("half");
    throw new RangeError("no more");
  };
  const file = join(home, "book.kv");
  writeFileSync(file, "old");
  expect(await rejectionOf(writeFileWhole("save", file, failing()))).toBe("RangeError: no more");
  expect(readFileSync(file, "utf8")).toBe("old");
  await rejectionOf(writeFileWhole("save", join(home, "new", "book.kv"), failing()));
  expect(readdirSync(home)).toEqual(["book.kv"]);
  expect(await rejectionOf(writeFileWhole("save", join(file, "in"), [bytes("x")]))).toMatch(
    /^Error: save: .*book\.kv\/in could not be written: E(EXIST|NOTDIR)/,
  );
});

it("are read as they were opened, also where another takes the name meanwhile", async () => {
  const file = join(home, "book.kv");
  await writeFileWhole("save", file, [bytes("first")]);
  const read = await withFile("open", file, async (source) => {
    const before = await source.read(0, 2);
    await writeFileWhole("save", file, [bytes("other")]);
    return Buffer.concat([before, await source.read(2, source.size)]).toString();
  });
  expect(read).toBe("first");
  expect(await textOf(file)).toBe("other");
});

it("must be files: what is none is refused by name", async () => {
  mkdirSync(join(home, "folder"));
  const nothing = async () => 0;
  const of = (name: string) => join(home, name);
  expect(await rejectionOf(withFile("open", of("absent"), nothing))).toBe(
    `RangeError: open: ${of("absent")} must be a file, got nothing`,
  );
  expect(await rejectionOf(withFile("open", of("folder"), nothing))).toBe(
    `RangeError: open: ${of("folder")} must be a file, got a folder`,
  );
  expect(await rejectionOf(writeFileWhole("save", of("folder"), []))).toBe(
    `RangeError: save: ${of("folder")} must be absent or a file, got a folder`,
  );
  expect(await rejectionOf(writeFileWhole("save", new URL("https://a.example/b"), []))).toBe(
    'RangeError: save: path must be a path or a file: URL, got "https://a.example/b"',
  );
  expect(await rejectionOf(withFile("open", 7 as never, nothing))).toBe(
    "TypeError: open: path must be a path or a file: URL, got 7",
  );
  expect(await rejectionOf(withFile("open", "", nothing))).toBe(
    'RangeError: open: path must be a file\'s path, got ""',
  );
});

it("of a process that is killed are as before or whole", async () => {
  for (let round = 0; round < rounds; round++) {
    const file = join(home, "book.kv");
    writeFileSync(file, "old");
    const { child, ended } = await startDiskProcess("file", file, "4000000");
    await wait(Math.random() * 60);
    child.kill("SIGKILL");
    await ended;
    const now = readFileSync(file);
    expect(now.equals(Buffer.from("old")) || now.equals(Buffer.alloc(4_000_000, 7))).toBe(true);
    // What is left of one that was killed goes when the next file is written beside it.
    await writeFileWhole("save", join(home, "other"), [bytes("x")]);
    expect(readdirSync(home).filter((name) => name.startsWith("."))).toEqual([]);
  }
});
