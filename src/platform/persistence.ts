/** Asks the browser to keep what this origin stores; `false` where it says no or cannot be asked (Node, insecure origins). */
export async function requestPersistence(): Promise<boolean> {
  // Absent on insecure origins, and the question in workers, whatever the types say.
  const storage = (globalThis.navigator as Navigator | undefined)?.storage as
    Partial<StorageManager> | undefined
  return (await storage?.persist?.()) ?? false
}
