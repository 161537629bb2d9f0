// Says things with one of the clients for browsers, as the address of the page tells: which client, the server, the key, and what to do.
const { client: which, server, key, act } = Object.fromEntries(new URLSearchParams(location.search))
const ORDER = { order_id: 'A-1001', total: 59.9, currency: 'EUR', products: [{ product_id: 'P1', sku: 'SHOE-42', price: 29.95, quantity: 2 }] }
const LONG_AGO = new Date('2024-12-24T18:00:00Z')
const BATCHING = { integrations: { 'Segment.io': { deliveryStrategy: { strategy: 'batching', config: { size: 50, timeout: 60_000 } } } } }

// `isHeld`: calls wait for one another, and what still waits is sent when the page is left.
const connects = {
  segment: ({ isHeld }) => AnalyticsNext.AnalyticsBrowser.load({ writeKey: key, cdnURL: server }, isHeld ? BATCHING : {}),
  // The snippet that stands in the page before this script loads the client from the server.
  snippet({ isHeld }) {
    analytics.load(key, isHeld ? BATCHING : {})
    return analytics
  },
  rudderstack({ isHeld }) {
    const client = new rudderanalytics.RudderAnalytics()
    client.load(key, server, { configUrl: server, ...(isHeld && { useBeacon: true, beaconQueueOptions: { maxItems: 50, flushQueueInterval: 60_000 } }) })
    return client
  },
}

const acts = {
  // Everything that a client can say.
  all() {
    const client = connect({ isHeld: false })
    client.identify('u1', { email: 'ann@shop.example', firstName: 'Ann' }, { context: { ip: '198.51.100.7' } })
    client.page('Shop', 'Shoes', { url: 'https://shop.example/shoes' })
    client.track('Product Viewed', { product_id: 'P1', category: 'shoes' })
    client.track('Order Completed', ORDER, which === 'segment' ? { timestamp: LONG_AGO } : { originalTimestamp: LONG_AGO.toISOString() })
    client.alias('u1', 'visitor-7')
    client.group('club', { name: 'Club' })
  },
  // A visitor looks at something and goes to buy it.
  look() {
    const client = connect({ isHeld: true })
    client.page()
    client.track('Product Viewed', { product_id: 'P1', category: 'shoes' })
    client.ready(() => setTimeout(() => {  // what was called before is in the client's queue by then
      location.search = location.search.replace('act=look', 'act=buy') }, 500))
  },
  // The same visitor says who they are.
  buy() {
    const client = connect({ isHeld: false })
    client.identify('u1', { email: 'ann@shop.example', firstName: 'Ann' })
    client.track('Order Completed', ORDER)
  },
}

const connect = connects[which]
acts[act]()
