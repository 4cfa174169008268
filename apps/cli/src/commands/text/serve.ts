/** `ropewalk serve`: OpenAI's wire format over models that run in workers, until it is ended. */
import { createHandler, type Handler, type HandlerConfig } from "@ropewalk/server";
import { listen } from "@ropewalk/server/node";
import { checkNumber } from "@ropewalk/check";
import type { Command } from "commander";
import { once } from "node:events";
import { examples, modelArgument } from "../../terminal/help-texts.ts";
import { notice } from "../../terminal/notice.ts";
import { collected } from "../../flags/collected.ts";
import { number } from "../../flags/parse-numbers.ts";
import { checkCount, withSharedOptions, type SharedOptions } from "../../flags/shared.ts";
import { oneLine, wordsOf } from "../../terminal/messages.ts";
import { readMemory } from "../../sweep/run/memory-limit.ts";
import { loadInWorkers } from "../../serve/load-in-workers.ts";
import { checkNames, readNamed } from "../../serve/model-names.ts";
import { reportOf, wordsFor, type Loaded } from "../../serve/ready-report.ts";

type ServeOptions = SharedOptions & {
  readonly length?: number;
  readonly port: number;
  readonly host: string;
  readonly allowHost?: readonly string[];
  readonly apiKey?: string;
  readonly workers: number;
  readonly queue: number;
  readonly cacheBytes?: number;
  readonly maxNewTokens?: number;
  readonly maxBodyBytes?: number;
};

/** Whether the address is reachable from this machine alone. */
const isLoopback = (host: string): boolean => /^(?:127\.|localhost$|::1$)/.test(host);

/** The API key, from the flag or from the variable, which keeps the key out of process lists. */
const keyFrom = ({ apiKey = process.env["ROPEWALK_API_KEY"] }: ServeOptions): string | undefined =>
  apiKey === "" ? undefined : apiKey;

/** A signal that Ctrl-C, SIGTERM or a closed standard output aborts. */
const endSignal = (): AbortSignal => {
  const end = new AbortController();
  for (const name of ["SIGINT", "SIGTERM"]) process.once(name, () => end.abort());
  // A closed standard output means that the parent process has gone.
  process.stdout.once("error", () => end.abort());
  return end.signal;
};

const handlerConfig = (options: ServeOptions, loaded: readonly Loaded[]): HandlerConfig => {
  const { queue, cacheBytes, maxNewTokens, maxBodyBytes } = options;
  const apiKey = keyFrom(options);
  return {
    models: Object.fromEntries(loaded.map(({ name, models }) => [name, models])),
    queue,
    ...(apiKey === undefined ? {} : { apiKey }),
    ...(cacheBytes === undefined ? {} : { cacheBytes }),
    ...(maxNewTokens === undefined ? {} : { maxNewTokens }),
    ...(maxBodyBytes === undefined ? {} : { maxBodyBytes }),
    onError: (error) => notice(`serve: a request failed: ${oneLine(wordsOf(error))}`),
  };
};

/** The answer to every request while the models are loaded. */
const loadingResponse = (): Response =>
  Response.json(
    { error: { message: "The models are being loaded.", type: "server_error", param: null, code: "loading" } },
    { status: 503, headers: { "retry-after": "5" } },
  );

const printReady = (options: ServeOptions, url: string, loaded: readonly Loaded[]): void => {
  const { host, workers, json } = options;
  const ready = { url, workers, loaded };
  const words = json ? JSON.stringify(reportOf(ready)) : wordsFor(ready);
  process.stdout.write(`${words}\n`);
  if (!isLoopback(host) && keyFrom(options) === undefined)
    notice(`serve: whoever reaches ${host} may ask; --api-key asks for a key`);
};

const serve = async (names: readonly string[], options: ServeOptions): Promise<void> => {
  const { port, host, allowHost, queue, length } = options;
  const named = await Promise.all(names.map(readNamed));
  checkNames(named);
  const workers = checkCount("serve", "--workers", options.workers);
  if (length !== undefined) checkCount("serve", "--length", length);
  // An empty key comes from an unset variable, where a key was meant.
  if (options.apiKey?.trim() === "") throw new RangeError("serve: --api-key must have a character at least, got none");
  checkNumber("serve", "--queue", queue, Number.isInteger(queue) && queue >= 0, "an integer >= 0");
  const signal = endSignal();
  let onEnd: (error: Error) => void = () => {};
  const broken = new Promise<never>((_, reject) => (onEnd = reject));
  broken.catch(() => {});
  const loaded: Loaded[] = [];
  let handler: Handler | undefined;
  // Listens first, so that a taken port is reported before minutes of loading.
  const listening = await listen({
    fetch: async (request) => (handler ? handler.fetch(request) : loadingResponse()),
    port,
    host,
    ...(allowHost === undefined ? {} : { allowedHosts: allowHost }),
  });
  try {
    for (const model of named) {
      if (signal.aborted) return;
      loaded.push({ ...model, ...(await loadInWorkers(model, { options, workers, signal, onEnd })) });
    }
    if (signal.aborted) return;
    handler = createHandler(handlerConfig(options, loaded));
    printReady(options, listening.url, loaded);
    await Promise.race([once(signal, "abort"), broken]);
  } finally {
    await handler?.close();
    await listening.close();
    await Promise.all(loaded.map(({ release }) => release()));
  }
};

export const addServe = (program: Command): void => {
  const command = program
    .command("serve")
    .description("answer requests in OpenAI's wire format, until it is ended")
    .argument("<models...>", `models, each ${modelArgument}; <name>=<model> gives it a name of your own`)
    .option("--port <port>", "0: one that is free", number, 8080)
    .option("--host <address>", "where it listens; 0.0.0.0: for other machines too", "127.0.0.1")
    .option(
      "--allow-host <name>",
      "a host that requests may name besides this machine, as a proxy's; may be given several times",
      collected,
    )
    .option("--api-key <key>", "what requests must show; absent: ROPEWALK_API_KEY, or nothing")
    .option("--workers <n>", "requests of a model that run at a time, each with its weights in memory", number, 1)
    .option("--queue <n>", "requests of a model that may wait; more are told to come again (429)", number, 64)
    .option(
      "--cache-bytes <bytes>",
      "of texts that were read, kept for later requests, at most, as 800MB; absent: 1 GiB",
      readMemory,
    )
    .option("--max-new-tokens <n>", "tokens of an answer, at most; absent: what there is room for", number)
    .option("--max-body-bytes <n>", "bytes of a request, at most; absent: 4194304", number)
    .option("--length <tokens>", "the longest request, prompt and answer, which a method is chosen for", number);
  withSharedOptions(command)
    .addHelpText(
      "after",
      examples(
        "ropewalk serve stories260K",
        "ropewalk serve chatty=./my-model --method self-extend --length 32768",
        "ropewalk serve owner/name --host 0.0.0.0 --api-key secret",
      ),
    )
    .action(serve);
};
