/** The checks in a process of Node: told a name, it answers with what is wrong, or nothing. */
import { openFolder } from "@ropewalk/models/node";
import { inRepository, readRepositoryJson } from "@ropewalk/testing/repository";
import { keepKernels } from "@ropewalk/testing/webgpu/keep-kernels";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { webgpu } from "../src/node.ts";
import { halfChecks } from "./checks/half.ts";
import { withoutHalves } from "./checks/errors.ts";
import { checks } from "./checks/index.ts";
import type { Place } from "./checks/place.ts";

const reads: number[] = [];

const scratch = mkdtempSync(join(tmpdir(), "ropewalk-"));
process.on("exit", () => rmSync(scratch, { recursive: true }));

const place: Place = {
  webgpu,
  file: (name) => join(scratch, name),
  backend: webgpu({ onRead: (bytes) => void reads.push(bytes) }),
  reads,
  model: (path) => openFolder(inRepository(path)),
  json: async (path) => readRepositoryJson<unknown>(path),
};

let kept: Promise<void> | undefined;

process.on("message", (name: string) => {
  const run = async (): Promise<string> => {
    await (kept ??= keepKernels(place.backend));
    await [...checks, ...halfChecks, withoutHalves].find((check) => check.name === name)!.run(place);
    return "";
  };
  void run().then(
    (done) => process.send!(done),
    (error: Error) => process.send!(error.message),
  );
});
