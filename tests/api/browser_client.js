// Says things with one of the clients for browsers, as the address of the page tells: which client, the server, the key, and what to do.
const { client: which, server, key, act } = Object.fromEntries(new URLSearchParams(location.search))
const ORDER = { order_id: 'A-1001', total: 59.9, currency: 'EUR', products: [{ product_id: 'P1', sku: 'SHOE-42', price: 29.95, quantity: 2 }] }
const LONG_AGO = new Date('2024-12-24T18:00:00Z')

// `isHeld`: calls wait for one another, and what still waits is sent when the page is left.
function segment({ isHeld }) {
  const batching = { deliveryStrategy: { strategy: 'batching', config: { size: 50, timeout: 60_000 } } }
  return AnalyticsNext.AnalyticsBrowser.load({ writeKey: key, cdnURL: server }, isHeld ? { integrations: { 'Segment.io': batching } } : {})
}

function rudderstack({ isHeld }) {
  const client = new rudderanalytics.RudderAnalytics()
  client.load(key, server, { configUrl: server, ...(isHeld && { useBeacon: true, beaconQueueOptions: { maxItems: 50, flushQueueInterval: 60_000 } }) })
  return client
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
    client.ready(() => setTimeout(() => { location.search = location.search.replace('act=look', 'act=buy') }, 500))
  },
  // The same visitor says who they are.
  buy() {
    const client = connect({ isHeld: false })
    client.identify('u1', { email: 'ann@shop.example', firstName: 'Ann' })
    client.track('Order Completed', ORDER)
  },
}

const connect = { segment, rudderstack }[which]
acts[act]()
