/** The server's metrics in Prometheus' form. Each handler has a registry of its own. */
import { Counter, Gauge, Histogram, Registry } from "prom-client";
import type { Usage } from "./answer/pieces.ts";
import type { Served } from "./models.ts";
import type { PrefixPool } from "./prefixes/prefix-pool.ts";

export type Metrics = {
  readonly answered: (route: string, status: number) => void;
  /** Records a run that ended or was aborted: seconds from its request to the first piece, if there was one, and to its end. */
  readonly ran: (model: string, times: { readonly first: number | undefined; readonly all: number }) => void;
  readonly used: (model: string, usage: Usage) => void;
  readonly text: () => Promise<Response>;
};

const seconds = [0.01, 0.03, 0.1, 0.3, 1, 3, 10, 30, 100, 300, 1000];

export const createMetrics = (models: ReadonlyMap<string, Served>): Metrics => {
  const registry = new Registry();
  const registers = [registry];
  const counter = (name: string, help: string, labelNames: string[]): Counter =>
    new Counter({ name: `ropewalk_${name}`, help, labelNames, registers });
  const times = (name: string, help: string): Histogram =>
    new Histogram({ name: `ropewalk_${name}`, help, labelNames: ["model"], buckets: seconds, registers });
  const gauge = (name: string, help: string, of: (served: Served) => number): void => {
    const collected = new Gauge({
      name: `ropewalk_${name}`,
      help,
      labelNames: ["model"],
      registers: [],
      collect() {
        for (const [model, served] of models) this.set({ model }, of(served));
      },
    });
    registry.registerMetric(collected);
  };
  gauge("running", "requests that run", ({ queue }) => queue.running());
  gauge("waiting", "requests that wait for a place", ({ queue }) => queue.waiting());
  const sum =
    (of: (pool: PrefixPool) => number) =>
    (served: Served): number =>
      served.runners.reduce((all, { pool }) => all + of(pool), 0);
  gauge(
    "prefixes",
    "texts that were read and are kept",
    sum((pool) => pool.count()),
  );
  gauge(
    "prefix_bytes",
    "bytes that they hold",
    sum((pool) => pool.bytes()),
  );
  const requests = counter("requests_total", "requests answered, by route and status", ["route", "status"]);
  const prompts = counter("prompt_tokens_total", "tokens of prompts", ["model"]);
  const cached = counter("cached_tokens_total", "tokens of prompts that had been read before", ["model"]);
  const generated = counter("generated_tokens_total", "tokens of answers", ["model"]);
  const first = times("first_piece_seconds", "from a request to the first piece of its answer");
  const all = times("run_seconds", "from a request to the end of its run");
  return {
    answered: (route, status) => requests.inc({ route, status: `${status}` }),
    ran: (model, took) => {
      if (took.first !== undefined) first.observe({ model }, took.first);
      all.observe({ model }, took.all);
    },
    used: (model, usage) => {
      prompts.inc({ model }, usage.promptTokens);
      cached.inc({ model }, usage.cachedTokens);
      generated.inc({ model }, usage.newTokens);
    },
    text: async () => new Response(await registry.metrics(), { headers: { "content-type": registry.contentType } }),
  };
};
