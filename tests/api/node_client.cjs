// Says the same things with one of the clients for Node: node node_client.cjs segment|rudderstack ADDRESS KEY
const [, , which, address, key] = process.argv
const order = { order_id: 'A-1001', total: 59.9, currency: 'EUR', products: [{ product_id: 'P1', sku: 'SHOE-42', price: 29.95, quantity: 2 }] }

async function main() {
  let client
  if (which === 'segment') {
    const { Analytics } = require('@segment/analytics-node')
    client = new Analytics({ writeKey: key, host: address })
    client.on('error', (error) => { console.error(error); process.exitCode = 1 })
  } else {
    const Rudder = require('@rudderstack/rudder-sdk-node')
    client = new (Rudder.default ?? Rudder)(key, { dataPlaneUrl: address })
  }
  client.identify({ userId: 'u1', traits: { email: 'ann@shop.example', firstName: 'Ann' }, context: { ip: '198.51.100.7' } })
  client.page({ userId: 'u1', category: 'Shop', name: 'Shoes', properties: { url: 'https://shop.example/shoes' } })
  client.track({ userId: 'u1', event: 'Product Viewed', properties: { product_id: 'P1', category: 'shoes' } })
  client.track({ userId: 'u1', event: 'Order Completed', properties: order, timestamp: new Date('2024-12-24T18:00:00Z') })
  client.alias({ previousId: 'visitor-7', userId: 'u1' })
  client.group({ userId: 'u1', groupId: 'club', traits: { name: 'Club' } })
  await (which === 'segment' ? client.closeAndFlush() : client.flush())
}

main()
