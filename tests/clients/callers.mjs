import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";

export const server = {
  command: process.env.FASTINTERCOM_PROGRAM,
  args: ["serve"],
  env: Object.fromEntries(process.env.CLIENT_ENVIRONMENT.split("\n").map((line) => line.split(/=(.*)/s, 2))),
};

const require = createRequire(`${process.env.CLIENT_MODULES}/`);
/** A package of the scratch folder. */
export const load = (name) => import(pathToFileURL(require.resolve(name)).href);
