/** What Node refuses at once, before any GPU is looked for. */
import { webgpu } from "@ropewalk/backend-webgpu";
import { expect, it } from "vitest";

it("attention is by operators in Node: the kernel is refused with the reason, and nothing falls back", () => {
  expect(webgpu().attention).toBe("operators");
  expect(webgpu({ attention: "operators" }).attention).toBe("operators");
  expect(() => webgpu({ attention: "kernel" })).toThrow(
    new RangeError(
      "webgpu: attention must be operators in Node, where the runtime shares neither its device nor its buffers, got kernel",
    ),
  );
  expect(() => webgpu({ attention: "kernel", precision: "float16" })).toThrow(
    new RangeError("webgpu: precision must be float32 where attention is by the kernel, got float16"),
  );
});
