/** By itself, so that it is fetched by itself. */
export { argon2id } from "hash-wasm";
