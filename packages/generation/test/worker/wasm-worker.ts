/** The worker's file of the test's page. */
import { wasm } from "@ropewalk/backend-wasm";
import { serveModels } from "@ropewalk/generation/worker";

serveModels({ backends: { wasm } });
