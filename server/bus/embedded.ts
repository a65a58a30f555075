import type { Bus, Topics } from "./bus.js";

type Listener = (message: Topics[keyof Topics]) => void;

/** A bus within this process. `onListenerError` is told what a listener threw. */
export function openEmbeddedBus(onListenerError: (error: unknown) => void): Bus {
  const listeners = new Map<keyof Topics, Set<Listener>>();
  const undelivered: (() => void)[] = [];
  let delivering = false;

  function deliver(topic: keyof Topics, message: Topics[keyof Topics]): void {
    for (const listener of [...(listeners.get(topic) ?? [])]) {
      // One listener may have ended another.
      if (!listeners.get(topic)?.has(listener)) continue;
      try {
        listener(message);
      } catch (error) {
        onListenerError(error);
      }
    }
  }

  /** A message that a listener publishes waits until the one before it has reached everybody. */
  function deliverInOrder(): void {
    if (delivering) return;
    delivering = true;
    for (let next = undelivered.shift(); next; next = undelivered.shift()) next();
    delivering = false;
  }

  return {
    publish(topic, message) {
      return new Promise((resolve) => {
        undelivered.push(() => {
          deliver(topic, message);
          resolve();
        });
        deliverInOrder();
      });
    },

    async subscribe(topic, listener) {
      const ofTopic = listeners.get(topic) ?? new Set();
      listeners.set(topic, ofTopic);
      // One entry for each subscription, so that a listener that subscribes twice is called twice.
      const entry: Listener = (message) => listener(message as Topics[typeof topic]);
      ofTopic.add(entry);
      return async () => {
        ofTopic.delete(entry);
        if (ofTopic.size === 0 && listeners.get(topic) === ofTopic) listeners.delete(topic);
      };
    },

    async close() {
      listeners.clear();
    },
  };
}
