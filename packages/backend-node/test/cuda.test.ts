import { decode, encode, tape } from "@ropewalk/graph";
import { describe, expect, it } from "vitest";
import { cuda } from "../src/index.ts";
import { loaderSays, probe } from "../src/cuda.ts";
import { missingProvider, problemIn } from "../src/cuda-problems.ts";

const loader = (lib: string): string =>
  `Failed to load library libonnxruntime_providers_cuda.so with error: ${lib}: cannot open shared object file: No such file or directory`;

describe("cuda", () => {
  it("refuses a device id that is not valid", () => {
    expect(() => cuda({ deviceId: -1 })).toThrow("cuda: deviceId must be a non-negative integer, got -1");
  });

  it("runs, or says what is missing and how to get it, when asked and when a session is made", async () => {
    const reason = await cuda().unavailable();
    const outcome = await cuda()
      .createSession(probe)
      .then(
        (session) => session.release(),
        (error: Error) => error.message,
      );
    expect(outcome).toBe(reason === undefined ? undefined : `cuda: ${reason}`);
    expect(reason ?? "npm rebuild").toMatch(/npm rebuild onnxruntime-node|linux x64|is not found|GPU|driver/);
  });

  it("tells a platform without a provider from a provider that is not installed", () => {
    const here = { platform: "linux", arch: "x64", installed: true };
    expect(missingProvider(here)).toBeUndefined();
    expect(missingProvider({ ...here, platform: "darwin", arch: "arm64" })).toBe(
      "onnxruntime-node has a CUDA provider for linux x64 only, this is darwin arm64",
    );
    expect(missingProvider({ ...here, arch: "arm64" })).toMatch(/this is linux arm64/);
    expect(missingProvider({ ...here, installed: false })).toMatch(
      /^libonnxruntime_providers_cuda\.so is not installed; run `ONNXRUNTIME_NODE_INSTALL=cuda12 npm rebuild onnxruntime-node`.*"onnxruntime-node": true in allowScripts/,
    );
  });

  it.each([
    [loader("libcudnn.so.9"), "libcudnn.so.9 is not found: install cuDNN 9 for CUDA 12"],
    [loader("libcudnn_adv.so.9"), "libcudnn_adv.so.9 is not found: install cuDNN 9"],
    [loader("libcublasLt.so.12"), "libcublasLt.so.12 is not found: install the runtime of CUDA 12"],
    [loader("libcudart.so.12"), "libcudart.so.12 is not found: install the runtime of CUDA 12"],
    [loader("libnvrtc.so.12"), "libnvrtc.so.12 is not found: install the runtime of CUDA 12"],
    [loader("libcuda.so.1"), "libcuda.so.1 is not found: install NVIDIA's driver"],
    [loader("libonnxruntime_providers_shared.so"), "npm rebuild onnxruntime-node"],
    [loader("libstdc++.so.6"), "libstdc++.so.6 is not found: the CUDA provider needs it on the loader's path"],
    ["CUDA failure 100: no CUDA-capable device is detected ; GPU=-1", "no NVIDIA GPU is seen here"],
    ["CUDA failure 35: CUDA driver version is insufficient for CUDA runtime version", "driver is older than CUDA 12"],
    ["CUDA failure 101: invalid device ordinal ; GPU=3", "deviceId must be that of a GPU that is there, got 3"],
  ])("knows what it means: %s", (message, meaning) => {
    expect(problemIn(message, 3)).toContain(meaning);
  });

  it("leaves other failures as they are", () => {
    expect(problemIn("Failed to load shared library", 0)).toBeUndefined();
    expect(problemIn("This is an invalid model", 0)).toBeUndefined();
  });

  it("asks the loader, whose words it knows", () => {
    const said = loaderSays("libcudnn-that-nobody-has.so.9");
    expect(said).toMatch(/libcudnn-that-nobody-has/);
    if (process.platform === "linux") expect(problemIn(said, 0)).toMatch(/install cuDNN 9/);
  });

  it("looks with a graph of one node", () => {
    const t = tape("probe");
    t.output("y", t.op("Neg", [t.input("x", "float32", [1])], {}, { output: "y" }));
    expect(decode(probe)).toEqual(decode(encode(t.model())));
  });
});
