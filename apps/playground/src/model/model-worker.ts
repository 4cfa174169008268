/** The page's worker, which opens and runs models. */
import { wasm } from "@ropewalk/backend-wasm";
import { webgpu } from "@ropewalk/backend-webgpu";
import { serveModels } from "@ropewalk/generation/worker";
import { openOrigin } from "./open-origin.ts";

serveModels({ backends: { wasm, webgpu }, open: openOrigin });
