/** Whether the page would open without a network: yes, not yet, or never in this browser. */
export type Offline = 'ready' | 'preparing' | 'unavailable'

/** Has the service worker keep the page's own files, so that the next visit needs no network. */
export function keepForOffline(onChange: (offline: Offline) => void): void {
  // While somebody works on the page, files must come from the server.
  if (!import.meta.env.PROD || !('serviceWorker' in navigator)) {
    onChange('unavailable')
    return
  }
  onChange('preparing')
  navigator.serviceWorker
    .register('./service-worker.js')
    .then(() => navigator.serviceWorker.ready)
    .then(
      () => {
        onChange('ready')
      },
      () => {
        onChange('unavailable')
      },
    )
}
