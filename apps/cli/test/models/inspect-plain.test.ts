/** `inspect` of a length that the model was trained for shows what `generate` runs there: the model as it is. */
import { afterEach, expect, it, vi } from "vitest";
import { run } from "../../src/program.ts";

afterEach(() => {
  vi.restoreAllMocks();
});

const report = async (...args: readonly string[]): Promise<Readonly<Record<string, unknown>>> => {
  const write = vi.spyOn(process.stdout, "write").mockReturnValue(true);
  await run(["inspect", "stories260K", "--json", ...args]);
  const [[text]] = write.mock.calls as unknown as readonly [readonly [string]];
  write.mockRestore();
  return JSON.parse(text) as Readonly<Record<string, unknown>>;
};

it("within the trained window it is plain, unless flags ask for a method's numbers", async () => {
  const plain = await report("--method", "none", "--length", "512");
  expect(await report()).toEqual(plain);
  expect(await report("--length", "512")).toEqual(plain);
  expect(await report("--length", "512", "--entropy", "log-n")).toMatchObject({
    method: "none+log-n",
    positions: "plain",
  });
  expect(await report("--length", "513")).toMatchObject({ method: "self-extend", groupSize: 2 });
  expect(await report("--length", "512", "--group-size", "3")).toMatchObject({ method: "self-extend", groupSize: 3 });
  expect(await report("--length", "512", "--method", "self-extend")).toMatchObject({ method: "self-extend" });
});
