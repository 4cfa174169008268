import { cpu, cuda } from "@ropewalk/backend-node";
import { describe, expect, it } from "vitest";
import { firstAvailable, type Backend } from "../src/index.ts";

const asked: string[] = [];

const backend = (name: string, reason: string | undefined): Backend => ({
  ...cpu(),
  name,
  unavailable: async () => {
    asked.push(name);
    return reason;
  },
});

const choose = async (backends: readonly Backend[]) => {
  const notices: string[] = [];
  asked.length = 0;
  const chosen = await firstAvailable(backends, (text) => notices.push(text));
  return { chosen: chosen.name, notices };
};

describe("firstAvailable", () => {
  it("takes the first that can run, and says why not those before it", async () => {
    const backends = [
      backend("a", "no device"),
      backend("b", "too old"),
      backend("c", undefined),
      backend("d", undefined),
    ];
    expect(await choose(backends)).toEqual({
      chosen: "c",
      notices: ["backend: c; not a: no device; not b: too old"],
    });
    expect(asked).toEqual(["a", "b", "c"]);
  });

  it("says what it takes when it is the first too", async () => {
    expect(await choose([backend("a", undefined), backend("b", "never asked")])).toEqual({
      chosen: "a",
      notices: ["backend: a"],
    });
  });

  it("names the precision of those that are not in float32", async () => {
    const half = { ...backend("a", "no halves"), precision: "float16" as const };
    expect((await choose([half, backend("a", undefined)])).notices).toEqual([
      "backend: a; not a in float16: no halves",
    ]);
    expect((await choose([{ ...half, unavailable: async () => undefined }])).notices).toEqual([
      "backend: a in float16",
    ]);
  });

  it("fails with every reason when none can run", async () => {
    await expect(choose([backend("a", "no device"), backend("b", "too old")])).rejects.toThrow(
      "firstAvailable: one of the backends must be able to run here, got not a: no device; not b: too old",
    );
    await expect(choose([])).rejects.toThrow("firstAvailable: backends must hold at least 1, got 0");
  });

  it("takes cuda where it runs, else the CPU, and says so", async () => {
    const { chosen, notices } = await choose([cuda(), cpu()]);
    expect([chosen, ...notices].join(" ")).toMatch(/^cuda backend: cuda$|^cpu backend: cpu; not cuda: .+/);
  });

  it.each([
    [[cpu], "firstAvailable: backends[0] must be a backend, got the function cpu; it must be called, as in cpu()"],
    [[backend("a", "no"), undefined], "firstAvailable: backends[1] must be a backend, got nothing"],
    [cpu(), "firstAvailable: backends must be an array, got an object"],
  ])("refuses %s", async (backends, message) => {
    await expect(firstAvailable(backends as never, () => undefined)).rejects.toThrow(new TypeError(message));
  });

  it("needs somebody to tell", async () => {
    await expect(firstAvailable([backend("a", undefined)], undefined as never)).rejects.toThrow(
      "firstAvailable: onNotice must be a function, got nothing",
    );
  });
});
