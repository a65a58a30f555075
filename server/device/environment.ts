import { cudaEnvironment } from "../engine/cuda/libraries.js";
import { type DeviceName, kindOf } from "./messages.js";

/** Variables that the process of a device needs besides those of the server, because libraries read them when they load. */
export function environmentOf(device: DeviceName): Readonly<Record<string, string>> {
  return kindOf(device) === "cuda" ? cudaEnvironment() : {};
}
