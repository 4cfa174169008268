export { listen, type ListenConfig, type Listening } from "./listen.ts";
