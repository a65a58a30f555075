import { DeviceProcess } from "../../server/host/device-process.js";
import { scriptedDevice } from "./host-harness.js";
import { scriptedWork } from "./scripted-painters.js";

// Forked by a test: starts a device that paints for ever and sends its pid once it does.
const { process: device } = await DeviceProcess.start(scriptedDevice, (message) => {
  if (message.type === "frame" && message.step === 0) process.send?.(device.pid);
  if (message.type === "frame") device.send({ type: "acknowledge", sessionId: "a", step: message.step });
});
device.send({ type: "start", sessionId: "a", work: scriptedWork({ steps: 1_000_000 }), checkpoint: null, storedThrough: -1 });
