/** The command on a GPU, or on the software driver that Debian's chromium carries. Skipped, by name, where there is neither. */
import { describe, expect, it } from "vitest";
import { softwareDriver } from "@ropewalk/testing/browser/installed-chromium";
import { ropewalk, type Outcome } from "../run.ts";

if (softwareDriver) process.env["VK_ICD_FILENAMES"] ??= softwareDriver;
process.env["XDG_RUNTIME_DIR"] ??= "/tmp";

const generate = (...args: readonly string[]): Promise<Outcome> =>
  ropewalk("generate", "stories260K", "Once upon a time", "--max-new-tokens", "30", "--json", ...args);

const first = await generate("--backend", "webgpu");
const without = /a GPU adapter is needed/.test(first.stderr);

describe.skipIf(without)("on a GPU or chromium's software driver", () => {
  const idsOf = ({ stdout }: Outcome): readonly number[] =>
    (JSON.parse(stdout) as { readonly ids: readonly number[] }).ids;

  it("generates what the CPU does", async () => {
    expect(idsOf(first)).toEqual(idsOf(await generate()));
  });

  it("and with weights in 4 bits", async () => {
    const options = ["--quantize", "q4"];
    expect(idsOf(await generate(...options, "--backend", "webgpu"))).toEqual(idsOf(await generate(...options)));
  });
});

it.each([
  [["--precision", "float16", "--threads", "2"], "ropewalk: --threads is not read by --backend webgpu, got 2"],
  [
    ["--cache", "q8"],
    "ropewalk: loadModel: a cache in q8 needs a backend with buffers of int8, got webgpu with float32",
  ],
])("refuses %j", async (args, message) => {
  const { stderr, code } = await generate("--backend", "webgpu", ...args);
  expect({ stderr: stderr.trim(), code }).toEqual({ stderr: message, code: 1 });
});
