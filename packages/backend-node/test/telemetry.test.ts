/** The runtime keeps files in the home folder and the temporary one where its telemetry is on: after a run there are none. */
import { withoutTelemetry } from "@ropewalk/backend/host";
import { execFile } from "node:child_process";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, it } from "vitest";

const program = fileURLToPath(new URL("generate-once.ts", import.meta.url));

it.each(["cpu", "webgpu"])(
  "no file and no socket of telemetry after generating on %s",
  async (backend) => {
    const home = await mkdtemp(join(tmpdir(), "ropewalk-home-"));
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

it("what has been set is left alone; where it cannot be set, that is said", async () => {
  const set = async (env: Record<string, string | undefined>, isMainThread: boolean) => {
    const warnings: string[] = [];
    const during = await withoutTelemetry(
      { env, emitWarning: (text) => void warnings.push(text) },
      isMainThread,
      async () => ({
        ...env,
      }),
    );
    return { during, warnings };
  };
  expect(await set({}, true)).toEqual({ during: { ORT_DISABLE_TELEMETRY: "1" }, warnings: [] });
  expect(await set({ ORT_DISABLE_TELEMETRY: "0" }, true)).toEqual({
    during: { ORT_DISABLE_TELEMETRY: "0" },
    warnings: [],
  });
  expect((await set({ ORT_DISABLE_TELEMETRY: "1" }, false)).warnings).toEqual([]);
  const first = (await set({}, false)).warnings;
  expect(first).toHaveLength(1);
  expect(first[0]).toMatch(/^onnxruntime-node: ORT_DISABLE_TELEMETRY must be set to 1 outside of worker threads/);
  expect((await set({}, false)).warnings).toEqual([]);
});
