"""Whatever pushes its marks as JSON: Standard Webhooks, HMAC or a shared secret; mapped by JMESPath."""
