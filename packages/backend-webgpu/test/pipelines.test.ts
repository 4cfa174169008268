/** Pipelines of a device, which is made here: it counts what is compiled, and fails when told to. */
import { expect, it } from "vitest";
import { pipelinesOf } from "../src/kernel/pipelines.ts";

const pass = (code: string) => ({ code, entryPoint: "main" }) as const;

const madeDevice = () => {
  const compiled: string[] = [];
  const failures = new Map<string, Error>();
  const device = {
    createShaderModule: ({ code }: { readonly code: string }) => ({ code }),
    createComputePipelineAsync: async ({ compute }: { readonly compute: { readonly module: { code: string } } }) => {
      const { code } = compute.module;
      compiled.push(code);
      const failure = failures.get(code);
      if (failure) throw failure;
      return { code };
    },
  };
  return { compiled, failures, pipelines: pipelinesOf(device as unknown as GPUDevice) };
};

it("a shader is compiled once, also for two that ask at once", async () => {
  const { compiled, pipelines } = madeDevice();
  const [first, second] = await Promise.all([pipelines(pass("a")), pipelines(pass("a"))]);
  expect(second).toBe(first);
  expect(await pipelines(pass("a"))).toBe(first);
  expect(await pipelines(pass("b"))).not.toBe(first);
  expect(compiled).toEqual(["a", "b"]);
});

it("one that could not be compiled is tried again", async () => {
  const { compiled, failures, pipelines } = madeDevice();
  failures.set("a", new Error("out of memory"));
  await expect(pipelines(pass("a"))).rejects.toThrow("out of memory");
  failures.clear();
  expect(await pipelines(pass("a"))).toEqual({ code: "a" });
  expect(compiled).toEqual(["a", "a"]);
});
