/** A worker of `serve`, which opens a model and runs it. */
import { serveModels } from "@ropewalk/generation/worker";
import { parentPort } from "node:worker_threads";
import { open } from "../model/open-model.ts";
import { backendFrom, backendNames, type SharedOptions } from "../flags/shared.ts";
import type { SentModel } from "./worker-data.ts";

type BackendFlags = Pick<SharedOptions, "threads" | "precision">;

const backends = backendNames.map((backend) => [
  backend,
  (flags: BackendFlags) => backendFrom({ ...flags, backend, fallback: "none" }),
]);

serveModels({
  backends: Object.fromEntries(backends) as Parameters<typeof serveModels>[0]["backends"],
  open: ({ model, options }: SentModel) => open(model, options),
  port: parentPort,
});
