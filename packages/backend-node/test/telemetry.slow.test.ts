/** With telemetry on, the runtime keeps files in the home folder and the temporary folder. After a run there are none. */
import { stopTelemetry } from "@ropewalk/backend/host";
import { execFile } from "node:child_process";
import { readdir, rm } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { scratchFolder } from "@ropewalk/testing/scratch-folder";
import { expect, it } from "vitest";

const program = fileURLToPath(new URL("generate-once.ts", import.meta.url));

it.each(["cpu", "webgpu", "worker"])(
  "no file and no socket of telemetry after generating on %s",
  async (backend) => {
    const home = scratchFolder();
    const { ORT_DISABLE_TELEMETRY: _, XDG_CACHE_HOME: __, ...env } = process.env;
    const { stdout } = await promisify(execFile)(
      process.execPath,
      ["--conditions=@ropewalk/source", program, backend],
      { env: { ...env, HOME: home, USERPROFILE: home, TMPDIR: home, TEMP: home, TMP: home } },
    );
    const { problem, tokens, sockets } = JSON.parse(stdout) as Record<string, unknown>;
    // Where there is no GPU the runtime is loaded all the same, which is when its telemetry begins.
    if (problem === undefined) expect(tokens).toBe(10);
    else expect(backend).toBe("webgpu");
    expect(sockets).toEqual([]);
    expect(
      (await readdir(home, { recursive: true })).filter((name) => /microsoft|onnx|mat-debug|\.ses/i.test(name)),
    ).toEqual([]);
    await rm(home, { recursive: true });
  },
  60_000,
);

it("what has been set is left alone; where it cannot be set, that is said once, when the runtime is loaded", () => {
  const stopped = (given: Readonly<Record<string, string>>, isMainThread: boolean) => {
    const warnings: string[] = [];
    const env: Record<string, string | undefined> = { ...given };
    const beforeLoading = stopTelemetry({ env, emitWarning: (text) => void warnings.push(text) }, isMainThread);
    expect(warnings).toEqual([]);
    beforeLoading();
    beforeLoading();
    return { ...env, warnings };
  };
  expect(stopped({}, true)).toEqual({ ORT_DISABLE_TELEMETRY: "1", warnings: [] });
  for (const isMainThread of [true, false])
    for (const value of ["0", "1"])
      expect(stopped({ ORT_DISABLE_TELEMETRY: value }, isMainThread)).toEqual({
        ORT_DISABLE_TELEMETRY: value,
        warnings: [],
      });
  expect(stopped({}, false)).toEqual({
    warnings: [expect.stringMatching(/^onnxruntime-node: ORT_DISABLE_TELEMETRY must be set to 1 outside of worker/)],
  });
});
