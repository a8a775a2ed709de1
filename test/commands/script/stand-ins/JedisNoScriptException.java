package redis.clients.jedis.exceptions;

/** As in Jedis: unchecked, and thrown for an error reply that begins with NOSCRIPT. */
public class JedisNoScriptException extends RuntimeException {
    public JedisNoScriptException(String message) {
        super(message);
    }
}
