package redis.clients.jedis;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import redis.clients.jedis.exceptions.JedisNoScriptException;

/**
 * Stands in for Jedis where Java is on the machine and Jedis is not: the methods that the example calls, with the signatures
 * and the types of replies of Jedis 3.6 to 5, over a real connection.
 */
public class Jedis implements AutoCloseable {
    private final Socket socket;
    private final InputStream in;
    private final OutputStream out;

    public Jedis(URI uri) {
        try {
            socket = new Socket(uri.getHost(), uri.getPort());
            in = new BufferedInputStream(socket.getInputStream());
            out = socket.getOutputStream();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    public byte[] scriptLoad(byte[] script) {
        return (byte[]) call(List.of(bytes("SCRIPT"), bytes("LOAD"), script));
    }

    public Object evalsha(byte[] sha1, List<byte[]> keys, List<byte[]> args) {
        List<byte[]> words = new ArrayList<>(List.of(bytes("EVALSHA"), sha1, bytes("" + keys.size())));
        words.addAll(keys);
        words.addAll(args);
        return call(words);
    }

    public long lpush(byte[] key, byte[]... values) {
        List<byte[]> words = new ArrayList<>(List.of(bytes("LPUSH"), key));
        words.addAll(List.of(values));
        return (Long) call(words);
    }

    @Override
    public void close() {
        try {
            socket.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private synchronized Object call(List<byte[]> words) {
        try {
            out.write(bytes("*" + words.size() + "\r\n"));
            for (byte[] word : words) {
                out.write(bytes("$" + word.length + "\r\n"));
                out.write(word);
                out.write(bytes("\r\n"));
            }
            out.flush();
            return read();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private Object read() throws IOException {
        String line = readLine();
        String rest = line.substring(1);
        switch (line.charAt(0)) {
            case ':':
                return Long.parseLong(rest);
            case '$':
                return readBytes(Integer.parseInt(rest));
            case '*':
                List<Object> items = new ArrayList<>();
                for (int left = Integer.parseInt(rest); left > 0; left--) items.add(read());
                return items;
            case '-':
                if (rest.startsWith("NOSCRIPT")) throw new JedisNoScriptException(rest);
                throw new IllegalStateException(rest);
            default:
                return bytes(rest);
        }
    }

    private byte[] readBytes(int length) throws IOException {
        if (length < 0) return null;
        byte[] data = in.readNBytes(length);
        readLine();
        return data;
    }

    private String readLine() throws IOException {
        StringBuilder line = new StringBuilder();
        for (int b = in.read(); b != '\r'; b = in.read()) {
            if (b < 0) throw new IOException("the connection ended");
            line.append((char) b);
        }
        in.read();
        return line.toString();
    }
}
