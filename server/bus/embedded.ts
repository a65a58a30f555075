import type { Bus, Topics } from "./bus.js";

type Listener = (message: Topics[keyof Topics]) => void;

/** A bus within this process. `onListenerError` receives what a listener throws. */
export function openEmbeddedBus(onListenerError: (error: unknown) => void): Bus {
  const listeners = new Map<keyof Topics, Set<Listener>>();
  const undelivered: (() => void)[] = [];
  let delivering = false;

  function deliver(topic: keyof Topics, message: Topics[keyof Topics]): void {
    for (const listener of [...(listeners.get(topic) ?? [])]) {
      // A listener may unsubscribe another one.
      if (!listeners.get(topic)?.has(listener)) continue;
      try {
        listener(message);
      } catch (error) {
        onListenerError(error);
      }
    }
  }

  /** A message that a listener publishes waits until the one before it has reached all listeners. */
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
      const subscribed = listeners.get(topic) ?? new Set();
      listeners.set(topic, subscribed);
      // One entry for each subscription, so that a listener that is subscribed twice is called twice.
      const entry: Listener = (message) => listener(message as Topics[typeof topic]);
      subscribed.add(entry);
      return async () => {
        subscribed.delete(entry);
        if (subscribed.size === 0 && listeners.get(topic) === subscribed) listeners.delete(topic);
      };
    },

    unreachable: () => null,

    async close() {
      listeners.clear();
    },
  };
}
